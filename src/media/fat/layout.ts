import { OtaError } from '../../core/errors.ts';
import type { Seconds } from '../../core/time.ts';
import { MAX_PART } from '../parts.ts';
import type { PlannedFile } from '../writer.ts';
import { VOLUME_LABEL } from './boot.ts';
import { type Child, encodeFolder } from './directory.ts';
import { clusterBytes, type Geometry, geometryOfSize, MIB, smallestGeometry } from './geometry.ts';
import { type Folder, folderBytes, foldersOf } from './tree.ts';

/** What an image has free at least, in bytes, where no size is asked for: metadata on the stick can be renewed beside the old. */
const SLACK = 8 * MIB;

export interface PlacedFile extends PlannedFile {
  /** Number of its first cluster; 0 for an empty file. */
  readonly cluster: number;
}

/** Where everything of an image lies, before the first byte of it is written. */
export interface ImageLayout {
  readonly geometry: Geometry;
  /** In the order of the plan. */
  readonly files: readonly PlacedFile[];
  readonly folders: readonly { readonly cluster: number; readonly bytes: Uint8Array }[];
  /** Lengths in clusters of the chains, one after the other from cluster 2. */
  readonly runs: readonly number[];
  /** The first cluster that is free; all after it are. */
  readonly next: number;
}

/**
 * Lays out a FAT32 image: the folders first, then the files one after the other in the order of the plan, each in one run of
 * clusters. The same plan and time give the same layout.
 *
 * @param size bytes of the image; as small as it can be, with some room, where it is left out
 * @throws OtaError `size-invalid`, `name-invalid`, `input-too-large`
 */
export function layoutImage(plan: readonly PlannedFile[], time: Seconds, size?: number): ImageLayout {
  const long = plan.find(({ length }) => length > MAX_PART);
  if (long !== undefined) {
    throw new OtaError(
      'input-too-large',
      `${long.key} has ${long.length} bytes, more than a file of FAT32 can`,
      {
        where: long.key,
        hint: 'Split it into parts.',
      },
    );
  }
  const folders = foldersOf(plan);
  const lengths = [...folders.map(folderBytes), ...plan.map(({ length }) => length)];
  const room = (cluster: number): number =>
    lengths.reduce((sum, length) => sum + Math.ceil(length / cluster), 0);
  const geometry =
    size === undefined
      ? smallestGeometry((cluster) => room(cluster) + SLACK / cluster)
      : geometryOfSize(size, room);
  return layoutIn(geometry, plan, time);
}

/** As `layoutImage`, in a geometry that has the room. */
export function layoutIn(geometry: Geometry, plan: readonly PlannedFile[], time: Seconds): ImageLayout {
  const folders = foldersOf(plan);
  const runs: number[] = [];
  let next = 2;
  const take = (bytes: number): number => {
    if (bytes === 0) return 0;
    const first = next;
    runs.push(Math.ceil(bytes / clusterBytes(geometry)));
    next += runs.at(-1) ?? 0;
    return first;
  };
  const clusters = new Map(folders.map((folder) => [folder, take(folderBytes(folder))]));
  const files = plan.map((file) => ({ ...file, cluster: take(file.length) }));
  const encoded = folders.map((folder) => ({
    cluster: clusters.get(folder) ?? 0,
    bytes: encodeFolder(headOf(folder, clusters), childrenOf(folder, clusters, files), time),
  }));
  return { geometry, files, folders: encoded, runs, next };
}

type Clusters = ReadonlyMap<Folder, number>;

function headOf(folder: Folder, clusters: Clusters): Parameters<typeof encodeFolder>[0] {
  const { parent } = folder;
  if (parent === undefined) return { label: VOLUME_LABEL };
  return {
    self: clusters.get(folder) ?? 0,
    parent: parent.parent === undefined ? 0 : (clusters.get(parent) ?? 0),
  };
}

const childrenOf = (
  { folders, files }: Folder,
  clusters: Clusters,
  placed: readonly PlacedFile[],
): readonly Child[] =>
  [
    ...[...folders].map(([name, folder]) => ({
      name,
      folder: true,
      cluster: clusters.get(folder) ?? 0,
      length: 0,
    })),
    ...[...files].map(([name, index]) => ({
      name,
      folder: false,
      cluster: placed[index]?.cluster ?? 0,
      length: placed[index]?.length ?? 0,
    })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
