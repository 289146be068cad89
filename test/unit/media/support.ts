import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { memorySource } from '../../../src/core/source.ts';
import { clusterOffset, MIB, PARTITION_SECTOR, SECTOR } from '../../../src/media/fat/geometry.ts';
import { type ImageLayout, layoutIn } from '../../../src/media/fat/layout.ts';
import { structureOf } from '../../../src/media/fat/structure.ts';
import type { MediaFiles } from '../../../src/media/store.ts';
import type { WriteMedium, WriteMediumOptions } from '../../../src/media/writer.ts';
import { noise } from '../../support/release.ts';

export type Files = readonly (readonly [key: string, bytes: Uint8Array])[];

const sha = (seed: number): string => Buffer.from(noise(seed, 32)).toString('hex');

/** Names and lengths as a medium has them: with nothing in it, short of a sector, just one, long, a hundred in a folder. */
export const FILES: Files = [
  ['metadata/1.root.json', noise(1, 2000)],
  ['metadata/10.gateway%2Fapps.json', noise(2, 512)],
  ...Array.from({ length: 100 }, (_, index): Files[number] => [
    `targets/gateway/2.4.0/${sha(index)}.linux.from.${sha(index).slice(0, 16)}.otad`,
    noise(index, 37 * index),
  ]),
  [`targets/gateway/2.4.0/${sha(200)}.${'x'.repeat(110)}`, noise(3, 5000)],
  ['targets/gateway/channels/empty.json', new Uint8Array()],
  [`targets/${'q'.repeat(100)}/${'r'.repeat(99)}/s`, noise(7, 20)],
  [`targets/${'p'.repeat(63)}/1.0.0/big`, noise(4, 3 * MIB + 1)],
  ['README.txt', noise(5, 10)],
  ['ota-media.json', noise(6, 700)],
];

/** A Wednesday in November, at an odd second. */
export const TIME = Date.UTC(2026, 10, 18, 11, 6, 41) / 1000;

export async function* inPieces(bytes: Uint8Array, size = 70_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export const planOf = (files: Files) => files.map(([key, { length }]) => ({ key, length }));

export const putAll = (
  write: WriteMedium,
  path: string,
  files: Files = FILES,
  options: Partial<WriteMediumOptions> = {},
): Promise<void> =>
  write(path, planOf(files), { time: TIME, ...options }, async (writer) => {
    for (const [key, bytes] of files) await writer.put(key, bytes.length, inPieces(bytes));
  });

/** Writes a medium whose disk changes a byte of the first file after it was written, before all of it is. */
export const putOnBadDisk = (write: WriteMedium, folder: string, name: string): Promise<void> => {
  const bytes = noise(8, 2_000_000);
  const files: Files = [
    ['targets/a', bytes],
    ['targets/b', noise(9, 2_000_000)],
  ];
  return write(join(folder, name), planOf(files), { time: TIME }, async (writer) => {
    for (const [key, content] of files) await writer.put(key, content.length, inPieces(content));
    const path = join(folder, readdirSync(folder).find((entry) => entry.endsWith('.tmp')) ?? '');
    const written = readFileSync(path);
    const at = written.indexOf(bytes.subarray(1000, 1100));
    written.writeUInt8(written.readUInt8(at) ^ 1, at);
    writeFileSync(path, written);
  });
};

/** Requires a store to give just these files, whole and as streams. */
export async function expectFiles(store: MediaFiles, files: Files = FILES): Promise<void> {
  for (const [key, bytes] of files) {
    expect(await store.stat(key)).toEqual({ length: bytes.length });
    expect(Buffer.compare((await store.read(key, bytes.length))?.bytes ?? noise(0, 1), bytes)).toBe(0);
    const parts: Uint8Array[] = [];
    for await (const part of (await store.stream(key)) ?? []) parts.push(part);
    expect(Buffer.compare(Buffer.concat(parts), bytes)).toBe(0);
  }
  for (const prefix of ['', 'metadata/1', 'none']) {
    const listed: { key: string; length: number }[] = [];
    for await (const { key, length } of store.list(prefix)) listed.push({ key, length });
    const expected = planOf(files).filter(({ key }) => key.startsWith(prefix));
    expect(listed).toEqual(expected.sort((a, b) => (a.key < b.key ? -1 : 1)));
  }
  for (const absent of ['metadata', 'metadata/2.root.json', 'targets/../README.txt', '']) {
    expect(await store.stat(absent)).toBeUndefined();
    expect(await store.read(absent, 10)).toBeUndefined();
    expect(await store.stream(absent)).toBeUndefined();
  }
}

/** A volume of a few sectors, which no driver would take for FAT32, as it is read from a partition; and where things are in it. */
export function smallVolume(files: Files, clusters = 100) {
  const [reserved, tableSectors] = [8, 1];
  const sectors = reserved + 2 * tableSectors + clusters;
  const bytes = (PARTITION_SECTOR + sectors) * SECTOR;
  const geometry = { bytes, sectors, sectorsPerCluster: 1, reserved, tableSectors, clusters };
  const layout = layoutIn(geometry, planOf(files), TIME);
  const image = Buffer.alloc(bytes);
  for (const segment of structureOf(layout, 1)) image.set(segment.bytes, segment.offset);
  for (const [index, [, content]] of files.entries()) {
    image.set(content, clusterOffset(geometry, layout.files[index]?.cluster ?? 0));
  }
  return new SmallVolume(image.subarray(PARTITION_SECTOR * SECTOR), layout);
}

export class SmallVolume {
  readonly bytes: Buffer;
  readonly layout: ImageLayout;

  constructor(bytes: Buffer, layout: ImageLayout) {
    this.bytes = bytes;
    this.layout = layout;
  }

  get source() {
    return memorySource(this.bytes);
  }

  clusterOf(key: string): number {
    return this.layout.files.find((file) => file.key === key)?.cluster ?? 0;
  }

  /** Where a cluster lies. */
  at(cluster: number): number {
    return clusterOffset(this.layout.geometry, cluster) - PARTITION_SECTOR * SECTOR;
  }

  /** Sets what comes after a cluster. */
  link(cluster: number, next: number): this {
    const { reserved } = this.layout.geometry;
    this.bytes.writeUInt32LE(next, reserved * SECTOR + 4 * cluster);
    return this;
  }
}
