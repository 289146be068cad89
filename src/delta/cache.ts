import { join } from 'node:path';
import { utf8 } from '../core/bytes.ts';
import { type Digest, sameDigest, seal } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import type { ByteSource } from '../core/source.ts';
import { chunks } from '../core/source.ts';
import { withFile } from '../files/read.ts';
import { makeFolder, writeStreamAtomic } from '../files/write.ts';
import { applyDelta } from './apply.ts';
import { lzmaAvailable } from './coder/lzma-encoder.ts';
import { usableCodecs } from './contain/find.ts';
import { MAKER } from './create.ts';
import { DELTA_FORMAT, DELTA_VERSION, readDeltaHeader } from './format.ts';

/** What a delta is made from; the same gives the same bytes. */
export interface DeltaKey {
  readonly old: Digest;
  readonly new: Digest;
  readonly memory?: number | undefined;
  readonly unpack?: false | readonly string[] | undefined;
}

/**
 * Deltas that were made, in a folder, named by what they were made from. Nothing in it is trusted: one that is taken out is applied
 * first, and made anew where that does not give the new image.
 */
export class DeltaCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Gives a kept delta to `use`; `undefined` where there is none that leads from the old image to the new one. */
  async take<T>(
    key: DeltaKey,
    old: ByteSource,
    use: (patch: ByteSource) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await withFile(await this.#path(key), async (patch) => {
        if (!(await leads(key, old, patch))) return undefined;
        return use(patch);
      });
    } catch (error) {
      if (error instanceof OtaError && UNUSABLE.has(error.code)) return undefined;
      throw error;
    }
  }

  /** @throws OtaError `output-failed`, `disk-full` */
  async keep(key: DeltaKey, patch: ByteSource): Promise<void> {
    await makeFolder(this.#folder);
    await writeStreamAtomic(await this.#path(key), chunks(patch));
  }

  async #path({ old, new: fresh, memory, unpack }: DeltaKey): Promise<string> {
    const coder = (await lzmaAvailable()) ? 'lzma' : 'zlib';
    const codecs = (await usableCodecs(unpack)).map(({ name }) => name);
    const parts = [DELTA_VERSION, MAKER, coder, old.sha256, fresh.sha256, memory ?? 'any', ...codecs];
    const from = parts.join(' ');
    return join(this.#folder, `${seal(utf8(from)).sha256}.${DELTA_FORMAT}`);
  }
}

/** What a kept delta may fail with; it is made anew then. */
const UNUSABLE = new Set([
  'input-missing',
  'delta-invalid',
  'delta-too-large',
  'delta-wrong-base',
  'digest-mismatch',
]);

async function leads(key: DeltaKey, old: ByteSource, patch: ByteSource): Promise<boolean> {
  const header = await readDeltaHeader(patch);
  if (!sameDigest(header.old, key.old) || !sameDigest(header.new, key.new)) return false;
  const maxMemory = key.memory ?? Number.POSITIVE_INFINITY;
  for await (const _ of applyDelta(old, patch, { oldVerified: true, maxMemory }));
  return true;
}
