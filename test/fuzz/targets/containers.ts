import { concatBytes, utf8 } from '../../../src/core/bytes.ts';
import { memorySource } from '../../../src/core/source.ts';
import { applyDelta } from '../../../src/delta/apply.ts';
import { decodePacking, encodePacking } from '../../../src/delta/contain/packing.ts';
import { FINDERS } from '../../../src/delta/contain/registry.ts';
import { readDeltaHeader } from '../../../src/delta/format.ts';
import type { Target } from '../loop.ts';
import { budgeted, drain } from './source.ts';

/** What the packed part of the base holds, and where that is. */
export const HELD = utf8('The quick brown fox jumps over the lazy dog, and packs what it held. '.repeat(30));
export const BEFORE = 100;
/** The image that every delta of the corpus is from: bytes, `HELD` as DEFLATE, bytes. */
export const packedBase = (packed: Uint8Array): Uint8Array =>
  concatBytes(new Uint8Array(BEFORE).fill(7), packed, utf8('the end of the image'));

/** The packed part as zlib 1.2 makes it at level 6, so that the targets need no encoder to begin with. */
export const PACKED = Buffer.from(
  '7czLDYAgEAXAVl4BxmpoYAUUFFnkI2r12obJnicZ5SyO5vWGKXOPmPnC2vZUwKfNqB8Hem4YXgZQNEikt4LuqMJXOBvMCCWJJJJIIokkkvw/eQE=',
  'base64',
);

/** The list of packed streams alone, since few mutants of a whole delta would get past the memory that the header declares. */
const packing: Target = {
  name: 'packing',
  maxBytes: 2048,
  shortRuns: 2000,
  run: (input) => {
    const read = decodePacking(input, 10_000, 10_000);
    const again = decodePacking(encodePacking(read), 10_000, 10_000);
    if (JSON.stringify(again) !== JSON.stringify(read))
      throw new Error('a list is another when it is written again');
  },
};

const unpacking: Target = {
  name: 'unpacking',
  maxBytes: 4096,
  shortRuns: 200,
  run: async (input) => {
    const header = await readDeltaHeader(memorySource(input));
    const patch = budgeted(input, 2 * input.length + 65_536);
    const options = { maxMemory: 2 ** 23, oldVerified: true };
    const base = memorySource(packedBase(PACKED));
    const given = await drain(applyDelta(base, patch, options), header.new.length);
    if (given !== header.new.length)
      throw new Error('an image is accepted that is not as long as it should be');
  },
};

/** Every search for packed streams: an image may be anything, and is never refused. */
const containers: Target = {
  name: 'containers',
  maxBytes: 32_768,
  shortRuns: 60,
  run: async (input) => {
    for (const finder of FINDERS) {
      for (const { offset, length, most, codec, guesses } of await finder.find(memorySource(input))) {
        if (offset < 0 || length < 0 || offset + length > input.length || most < 0)
          throw new Error(`${finder.name} finds something outside the image`);
        if (!guesses.every((params) => codec.accepts(params)))
          throw new Error(`${finder.name} guesses settings that do not exist`);
      }
    }
  },
};

export const CONTAINER_TARGETS: readonly Target[] = [packing, unpacking, containers];
