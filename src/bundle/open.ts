import { equalBytes } from '../core/bytes.ts';
import { type Sealed, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type ByteSource, slice } from '../core/source.ts';
import type { Seconds } from '../core/time.ts';
import { BLOCK_BYTES, describeHeader, entryHeader, paddingOf, readNumbers } from './archive/header.ts';
import {
  END_BYTES,
  endOf,
  extraPath,
  layoutOf,
  MANIFEST_PATH,
  type PlacedEntry,
  payloadPath,
  SIGNATURES_PATH,
} from './archive/layout.ts';
import { DAMAGE_HINT, readPart } from './damage.ts';
import { MAX_MANIFEST_BYTES, type Manifest } from './manifest.ts';
import { parseManifest } from './parse-manifest.ts';

/** A bundle whose form is right. Nothing is said of who made it, nor of its payloads' digests. */
export interface OpenBundle {
  readonly manifest: Manifest;
  /** The bytes of the manifest, which the signatures cover. */
  readonly sealed: Sealed;
  /** The bytes of `signatures.json`, padding and all. */
  readonly signatures: Sealed;
  /** Where they are in the file. */
  readonly signaturesOffset: number;
  /** The time of every entry. */
  readonly mtime: Seconds;
  /** The bytes as shipped. `component` must be one of the manifest. */
  payload(component: string): ByteSource;
  /** `name` must be one of the manifest. */
  extra(name: string): ByteSource;
  /** Whether the file was written to since it was opened, as far as its times tell. */
  changed(): Promise<boolean>;
}

/**
 * Opens a bundle (`docs/formats/bundle.md`). All of the file's layout follows from its manifest; each header and each padding is
 * compared with what it must be, so that the only bytes not checked here are those that signatures and digests cover.
 *
 * @throws OtaError `bundle-invalid`
 */
export async function openBundle(source: ByteSource): Promise<OpenBundle> {
  if (source.length < BLOCK_BYTES) throw notABundle('it is too short');
  const first = await source.read(0, BLOCK_BYTES);
  const numbers = readNumbers(first);
  if (numbers === undefined) throw notABundle('it does not start as one', MANIFEST_PATH);
  const { length, mtime } = numbers;
  checkHeader(first, { path: MANIFEST_PATH, length }, mtime);
  if (length > MAX_MANIFEST_BYTES || length + BLOCK_BYTES > source.length) {
    throw notABundle(`its manifest would have ${length} bytes`);
  }
  const sealed = seal(await source.read(BLOCK_BYTES, length));
  const manifest = readPart(MANIFEST_PATH, () => parseManifest(sealed.bytes));
  const layout = layoutOf(manifest, length);
  await checkLayout(source, layout, mtime);
  const find = (path: string): PlacedEntry => {
    const entry = layout.find((candidate) => candidate.path === path);
    if (entry) return entry;
    throw new TypeError(`a bundle without ${path}`);
  };
  const content = (path: string): ByteSource => {
    const entry = find(path);
    return slice(source, entry.offset, entry.length);
  };
  const region = content(SIGNATURES_PATH);
  return {
    manifest,
    sealed,
    signatures: seal(await region.read(0, region.length)),
    signaturesOffset: find(SIGNATURES_PATH).offset,
    mtime,
    payload: (component) => content(payloadPath(component)),
    extra: (name) => content(extraPath(name)),
    changed: async () => (await source.changed?.()) ?? false,
  };
}

async function checkLayout(
  source: ByteSource,
  layout: readonly PlacedEntry[],
  mtime: Seconds,
): Promise<void> {
  let end = 0;
  for (const entry of layout) {
    end = endOf(entry);
    if (end > source.length) throw cutShort(source, entry.path);
    checkHeader(await source.read(entry.offset - BLOCK_BYTES, BLOCK_BYTES), entry, mtime);
    await checkZeros(source, entry.offset + entry.length, paddingOf(entry.length), entry.path);
  }
  if (end + END_BYTES > source.length) throw cutShort(source, 'its end');
  await checkZeros(source, end, END_BYTES, 'its end');
  if (end + END_BYTES < source.length) {
    throw notABundle(`${source.length - end - END_BYTES} bytes follow its end`);
  }
}

function checkHeader(header: Uint8Array, entry: { path: string; length: number }, mtime: Seconds): void {
  if (equalBytes(header, entryHeader(entry, mtime))) return;
  throw new OtaError(
    'bundle-invalid',
    `the bundle is damaged: a header for ${entry.path} was expected, ${describeHeader(header)} there`,
    { where: entry.path, hint: DAMAGE_HINT },
  );
}

async function checkZeros(source: ByteSource, offset: number, length: number, after: string): Promise<void> {
  const bytes = await source.read(offset, length);
  if (bytes.every((byte) => byte === 0)) return;
  throw new OtaError('bundle-invalid', `the bundle is damaged: there are bytes where ${after} is padded`, {
    where: after,
    hint: DAMAGE_HINT,
  });
}

const cutShort = (source: ByteSource, where: string): OtaError =>
  new OtaError(
    'bundle-invalid',
    `the bundle is cut short: it ends after ${source.length} bytes, before ${where} does`,
    {
      where,
      hint: DAMAGE_HINT,
    },
  );

const notABundle = (why: string, where?: string): OtaError =>
  new OtaError('bundle-invalid', `this is not a bundle: ${why}`, {
    ...(where === undefined ? {} : { where }),
    hint: 'Name a file that "ota bundle" made.',
  });
