import { BACKUP_SECTOR, bootSector, informationSector, partitionSector } from './boot.ts';
import { clusterOffset, SECTOR, sectorOffset } from './geometry.ts';
import type { ImageLayout } from './layout.ts';
import { tablePieces } from './table.ts';

/** Bytes and where they go in the image. */
export interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** All of an image but the content of its files; what is in neither is zero. `id` is the disk's and the volume's, 32 bits. */
export function* structureOf(layout: ImageLayout, id: number): Generator<Segment> {
  const { geometry, folders, runs, next } = layout;
  for (const { cluster, bytes } of folders) yield { offset: clusterOffset(geometry, cluster), bytes };
  for (const table of [0, 1]) {
    let offset = sectorOffset(geometry.reserved + table * geometry.tableSectors);
    for (const bytes of tablePieces(runs)) {
      yield { offset, bytes };
      offset += bytes.length;
    }
  }
  const boot = bootSector(geometry, id);
  const information = informationSector(geometry.clusters + 2 - next, next);
  for (const sector of [0, BACKUP_SECTOR]) {
    yield { offset: sectorOffset(sector), bytes: boot };
    yield { offset: sectorOffset(sector) + SECTOR, bytes: information };
  }
  yield { offset: 0, bytes: partitionSector(geometry, id) };
}
