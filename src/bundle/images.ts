import { join } from 'node:path';
import { type Digest, Hasher, sameDigest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { EtagHasher } from '../core/etag.ts';
import type { Progress } from '../core/progress.ts';
import { type ByteSource, chunks } from '../core/source.ts';
import { digestSource, openFile, withFile } from '../files/read.ts';
import { writeStreamAtomic } from '../files/write.ts';
import { MAX_ENTRY_BYTES } from './archive/header.ts';
import { compress } from './compression.ts';
import { type ImageLook, Looker } from './lint/look.ts';
import type { Payload } from './manifest.ts';
import type { ReleaseComponent } from './release-file/model.ts';

/** An image that has been read once: its digest, and the file that holds its payload. */
export interface PreparedImage {
  readonly component: ReleaseComponent;
  /** Path of the image. */
  readonly path: string;
  readonly image: Digest;
  readonly payload: Payload;
  readonly payloadPath: string;
  readonly look: ImageLook;
}

/**
 * What can be said of an image before it is read.
 *
 * @throws OtaError `input-missing`, `input-unreadable`, `input-directory`, `input-empty`, `input-too-large`
 */
export async function checkImage(component: ReleaseComponent, path: string): Promise<void> {
  const length = await withFile(path, async (file) => file.length);
  if (length === 0) {
    throw new OtaError('input-empty', `${path}, the image of ${component.name}, is empty`, {
      where: path,
      hint: 'Check the build that writes it.',
    });
  }
  if (component.slot && length > component.slot.size) {
    throw new OtaError(
      'input-too-large',
      `${path} has ${length} bytes, ${length - component.slot.size} more than the slot "${component.slot.name}" of ${component.name}`,
      { where: path, hint: 'Make the image smaller, or correct slot: in the release file.' },
    );
  }
  if (length > MAX_ENTRY_BYTES) {
    throw new OtaError('input-too-large', `${path} has ${length} bytes; a bundle holds files below 8 GiB`, {
      where: path,
    });
  }
}

/** Reads an image once, to digest it and to compress it into `scratch`, a folder. Compression that does not pay is dropped. */
export async function prepareImage(
  component: ReleaseComponent,
  path: string,
  scratch: string,
  progress: Progress,
): Promise<PreparedImage> {
  return withFile(path, async (file) => {
    const looker = new Looker();
    const imageEtag = new EtagHasher();
    const plain = (image: Digest): PreparedImage => ({
      look: looker.look(),
      component,
      path,
      image,
      payload: { ...image, compression: 'none', etag: imageEtag.etag() },
      payloadPath: path,
    });
    if (component.compression === 'none') {
      return plain(await digestSource(tee(file, [looker, imageEtag]), `hash ${component.name}`, progress));
    }
    const payloadPath = join(scratch, component.name);
    const imageHash = new Hasher();
    const payloadHash = new Hasher();
    const payloadEtag = new EtagHasher();
    const frames = compress(
      tee(file, [imageHash, looker, imageEtag]),
      progress,
      `compress ${component.name}`,
    );
    await writeStreamAtomic(payloadPath, shown(frames, [payloadHash, payloadEtag]));
    const image = imageHash.digest();
    const payload = payloadHash.digest();
    if (payload.length >= image.length) return plain(image);
    return {
      component,
      path,
      image,
      payload: { ...payload, compression: 'zstd', etag: payloadEtag.etag() },
      payloadPath,
      look: looker.look(),
    };
  });
}

/**
 * The payload for packing. The image is read a second time, and must still be the one that was read first.
 *
 * @throws OtaError `input-changed`
 */
export async function* packImage(prepared: PreparedImage, progress: Progress): AsyncGenerator<Uint8Array> {
  const { component, path, image, payload, payloadPath } = prepared;
  const task = `pack ${component.name}`;
  if (payloadPath !== path) {
    await withFile(path, async (file) => {
      requireSame(await digestSource(file, `hash ${component.name}`, progress), image, path);
    });
  }
  yield* packFile(payloadPath, payload, task, progress);
}

/** A file's bytes, which must have this digest when all are read. @throws OtaError `input-changed` */
export async function* packFile(
  path: string,
  expected: Digest,
  task: string,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  const file = await openFile(path);
  try {
    if (file.length !== expected.length) changed(path);
    const hasher = new Hasher();
    for await (const piece of shown(chunks(file), [hasher])) {
      yield piece;
      progress({ task, done: hasher.length, total: file.length });
    }
    requireSame(hasher.digest(), expected, path);
  } finally {
    await file.close();
  }
}

function requireSame(actual: Digest, expected: Digest, path: string): void {
  if (!sameDigest(actual, expected)) changed(path);
}

function changed(path: string): never {
  throw new OtaError('input-changed', `${path} changed while the bundle was made`, {
    where: path,
    hint: 'Let the build that writes it end first, then run the same command again. No bundle was written.',
  });
}

interface Observer {
  update(bytes: Uint8Array): unknown;
}

/** The same bytes, which others are shown as they are read; for readers that read each once, in order. */
const tee = (source: ByteSource, others: readonly Observer[]): ByteSource => ({
  length: source.length,
  read: async (offset, length) => {
    const bytes = await source.read(offset, length);
    for (const other of others) other.update(bytes);
    return bytes;
  },
});

async function* shown(
  pieces: AsyncIterable<Uint8Array>,
  others: readonly Observer[],
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    for (const other of others) other.update(piece);
    yield piece;
  }
}
