import type { Seconds } from '../../core/time.ts';
import { ENTRY, entriesOf, longNameEntries, ShortNames } from './names.ts';

/** The most entries that a folder of FAT32 has. */
export const MAX_ENTRIES = 65_536;
export const LABEL = 0x08;
export const FOLDER = 0x10;
const FILE = 0x20;

export interface Child {
  readonly name: string;
  readonly folder: boolean;
  /** Number of the first cluster; 0 for an empty file. */
  readonly cluster: number;
  /** Bytes; 0 for a folder. */
  readonly length: number;
}

/** What stands in a folder before its children: the label of the volume, or the folder itself and the one above. */
export type Head =
  | { readonly label: string }
  | { readonly self: number /** 0 where it is the root. */; readonly parent: number };

/** Entries that a folder has, whatever its children are. */
export const entryCount = (names: readonly string[], isRoot: boolean): number =>
  names.reduce((sum, name) => sum + entriesOf(name), isRoot ? 1 : 2);

/** The bytes of a folder (Microsoft, "FAT: General Overview of On-Disk Format", 1.03), without what fills its last cluster. */
export function encodeFolder(head: Head, children: readonly Child[], time: Seconds): Uint8Array {
  const stamp = dosTime(time);
  const shortNames = new ShortNames();
  const entries: Uint8Array[] =
    'label' in head
      ? [entry(head.label, LABEL, 0, 0, stamp)]
      : [entry('.', FOLDER, head.self, 0, stamp), entry('..', FOLDER, head.parent, 0, stamp)];
  for (const { name, folder, cluster, length } of children) {
    const short = shortNames.add(name);
    entries.push(
      longNameEntries(name, Buffer.from(short, 'latin1')),
      entry(short, folder ? FOLDER : FILE, cluster, length, stamp),
    );
  }
  return Buffer.concat(entries);
}

interface DosTime {
  readonly date: number;
  /** In steps of two seconds. */
  readonly time: number;
  /** What is left of the two seconds, in hundredths. */
  readonly hundredths: number;
}

function entry(
  short: string,
  attributes: number,
  cluster: number,
  length: number,
  stamp: DosTime,
): Uint8Array {
  const bytes = Buffer.alloc(ENTRY);
  bytes.write(short.padEnd(11), 0, 11, 'latin1');
  bytes[11] = attributes;
  if (attributes !== LABEL) {
    bytes[13] = stamp.hundredths;
    bytes.writeUInt16LE(stamp.time, 14);
    bytes.writeUInt16LE(stamp.date, 16);
    bytes.writeUInt16LE(stamp.date, 18);
  }
  bytes.writeUInt16LE(cluster >>> 16, 20);
  bytes.writeUInt16LE(stamp.time, 22);
  bytes.writeUInt16LE(stamp.date, 24);
  bytes.writeUInt16LE(cluster & 0xffff, 26);
  bytes.writeUInt32LE(length, 28);
  return bytes;
}

/** Dates of FAT go from 1980 to 2107 and know no time zone: UTC is written. */
const FIRST: Seconds = 315_532_800;
const LAST: Seconds = 4_354_819_199;

function dosTime(seconds: Seconds): DosTime {
  const at = new Date(Math.min(Math.max(seconds, FIRST), LAST) * 1000);
  const rest = at.getUTCSeconds();
  return {
    date: ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (rest >> 1),
    hundredths: (rest % 2) * 100,
  };
}
