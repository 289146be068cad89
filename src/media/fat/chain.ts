import { damaged } from '../faults.ts';
import { MAX_ENTRIES } from './directory.ts';
import { ENTRY } from './names.ts';
import { END_OF_CHAIN, ENTRY_MASK } from './table.ts';
import type { Volume } from './volume.ts';

const PAGE = 65_536;
/** The most that is read at once, in bytes. */
const PIECE = 2 ** 20;

/** Bytes of one folder, and of all together in which two hundred thousand long names have room. */
const MAX_FOLDER = MAX_ENTRIES * ENTRY;
const MAX_FOLDERS = 2 ** 27;

/** Follows chains through the table of a volume, of which it holds one page. */
class Table {
  readonly #volume: Volume;
  #page: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(volume: Volume) {
    this.#volume = volume;
  }

  /** The cluster after one, `undefined` at the end of its chain. @throws OtaError `media-damaged` */
  async next(cluster: number, path: string): Promise<number | undefined> {
    const at = 4 * cluster;
    if (at < this.#start || at + 4 > this.#start + this.#page.length) await this.#turn(at);
    const next = this.#page.readUInt32LE(at - this.#start) & ENTRY_MASK;
    if (next >= END_OF_CHAIN) return undefined;
    return checkCluster(this.#volume, next, path);
  }

  async #turn(at: number): Promise<void> {
    const { source, table, lastCluster } = this.#volume;
    this.#start = at - (at % PAGE);
    const length = Math.min(PAGE, 4 * (lastCluster + 1) - this.#start);
    this.#page = asBuffer(await source.read(table + this.#start, length));
  }
}

const asBuffer = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length);

/** @throws OtaError `media-damaged` for a number that no cluster has */
export function checkCluster({ where, lastCluster }: Volume, cluster: number, path: string): number {
  if (cluster >= 2 && cluster <= lastCluster) return cluster;
  throw damaged(path, `${path} leads to a place in ${where} that does not exist`);
}

/**
 * The bytes of a file that starts at a cluster and has a length: clusters that follow each other are read together.
 *
 * @throws OtaError `media-damaged` where its chain is longer or shorter, as one that runs in a circle is
 */
export async function* filePieces(
  volume: Volume,
  path: string,
  first: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  const { source, data, clusterBytes } = volume;
  const table = new Table(volume);
  let cluster: number | undefined = length === 0 ? undefined : first;
  for (let given = 0; given < length; ) {
    if (cluster === undefined) throw damaged(path, `${path} ends after ${given} of ${length} bytes`);
    const start: number = cluster;
    const most = Math.min(Math.ceil((length - given) / clusterBytes), Math.max(1, PIECE / clusterBytes));
    let count = 1;
    cluster = await table.next(start, path);
    while (count < most && cluster === start + count) {
      count += 1;
      cluster = await table.next(cluster, path);
    }
    const bytes = Math.min(count * clusterBytes, length - given);
    yield await source.read(data + (start - 2) * clusterBytes, bytes);
    given += bytes;
  }
  if (cluster !== undefined) throw damaged(path, `${path} goes on after its ${length} bytes`);
}

/** Clusters of folders that were read: no two folders share one, and none has one twice. */
export class FolderClusters {
  readonly #volume: Volume;
  readonly #seen = new Set<number>();

  constructor(volume: Volume) {
    this.#volume = volume;
  }

  /**
   * The bytes of a folder, whose length stands nowhere.
   *
   * @throws OtaError `media-damaged` where its chain comes back to what was read, or is longer than a folder's can be
   */
  async read(path: string, first: number): Promise<Uint8Array> {
    const { source, data, clusterBytes } = this.#volume;
    const table = new Table(this.#volume);
    const parts: Uint8Array[] = [];
    for (let cluster: number | undefined = first; cluster !== undefined; ) {
      if (this.#seen.has(cluster)) throw damaged(path, `the folder ${path} comes back to one that was read`);
      this.#seen.add(cluster);
      if (parts.length * clusterBytes >= MAX_FOLDER || this.#seen.size * clusterBytes > MAX_FOLDERS) {
        throw damaged(path, `the folder ${path} is longer than any can be`);
      }
      parts.push(await source.read(data + (cluster - 2) * clusterBytes, clusterBytes));
      cluster = await table.next(cluster, path);
    }
    return Buffer.concat(parts);
  }
}
