import type { Manifest } from '../manifest.ts';
import { SIGNATURES_BYTES } from '../signatures-region.ts';
import { BLOCK_BYTES, type Entry, paddingOf } from './header.ts';

export const MANIFEST_PATH = 'manifest.json';
export const SIGNATURES_PATH = 'signatures.json';
/** Two blocks of zeros end an archive. */
export const END_BYTES = 2 * BLOCK_BYTES;

/** An entry with the offset of its content in the bundle. */
export interface PlacedEntry extends Entry {
  readonly offset: number;
}

/** Every entry of a bundle in its order, and where it is: all of it follows from the manifest. */
export function layoutOf(manifest: Manifest, manifestLength: number): readonly PlacedEntry[] {
  let offset = 0;
  return entriesOf(manifest, manifestLength).map((entry) => {
    const placed = { ...entry, offset: offset + BLOCK_BYTES };
    offset = endOf(placed);
    return placed;
  });
}

const entriesOf = (manifest: Manifest, manifestLength: number): readonly Entry[] => [
  { path: MANIFEST_PATH, length: manifestLength },
  { path: SIGNATURES_PATH, length: SIGNATURES_BYTES },
  ...manifest.components.map(({ name, payload }) => ({ path: payloadPath(name), length: payload.length })),
  ...manifest.extras.map(({ name, length }) => ({ path: extraPath(name), length })),
];

export const payloadPath = (component: string): string => `payloads/${component}`;
export const extraPath = (name: string): string => `extras/${name}`;

/** Where the next header, or the end of the archive, starts. */
export const endOf = ({ offset, length }: PlacedEntry): number => offset + length + paddingOf(length);

/** Bytes of a whole bundle. */
export function bundleLength(manifest: Manifest, manifestLength: number): number {
  const last = layoutOf(manifest, manifestLength).at(-1);
  return (last === undefined ? 0 : endOf(last)) + END_BYTES;
}
