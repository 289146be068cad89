import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../../src/core/bytes.ts';
import { silent } from '../../../src/core/progress.ts';
import { memorySource } from '../../../src/core/source.ts';
import { digestBoth } from '../../../src/delta/create.ts';
import { Steps } from '../../../src/delta/match/steps.ts';
import type { Prediction } from '../../../src/delta/predict/prediction.ts';
import { writeDelta } from '../../../src/delta/write/delta.ts';
import { hubFirmware } from '../../support/firmware.ts';
import { apply, make, noise } from './support.ts';

const WORDS = 160_000;
const TABLE = 4 * WORDS;
const CHUNK = 256;
const CHUNKS = 2048;
const TOGETHER = 128;
const GAP = 0x18040;

/**
 * A table of pointers that all grow by the same, which costs a coder nothing, into chunks that have moved by something like that, each
 * by another distance: prediction leaves fewer bytes different, and each of them another.
 */
function pointersThatMislead() {
  const body = noise(CHUNK * CHUNKS, 3);
  const old = new Uint8Array(TABLE + body.length);
  const fresh = new Uint8Array(TABLE + GAP + body.length);
  const [from, to] = [new DataView(old.buffer), new DataView(fresh.buffer)];
  const places = new DataView(noise(4 * WORDS, 5).buffer);
  for (let at = 0; at < TABLE; at += 4) {
    const target = TABLE + (places.getUint32(at, true) % body.length);
    from.setUint32(at, target, true);
    to.setUint32(at, target + GAP, true);
  }
  old.set(body, TABLE);
  const steps = new Steps();
  steps.push(TABLE, GAP, 0);
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    // Another order of the chunks that are together.
    const source = chunk - (chunk % TOGETHER) + ((chunk * 37 + 91) % TOGETHER);
    const bytes = body.subarray(source * CHUNK, (source + 1) * CHUNK);
    fresh.set(bytes, TABLE + GAP + chunk * CHUNK);
    steps.push(CHUNK, 0, TABLE + source * CHUNK);
  }
  return { old, fresh, steps };
}

const whole = (length: number) => [{ program: 0, offset: 0, length, memory: length, address: 0 }];

describe('prediction', () => {
  it.each(['movehub'] as const)('makes the delta of %s smaller', async (hub) => {
    const [old, fresh] = [hubFirmware('old', hub), hubFirmware('new', hub)];
    const [predicted, plain] = [await make(old, fresh), await make(old, fresh, { predict: false })];
    expect(predicted.length).toBeLessThan(plain.length * 0.9);
  });

  it('is left out of a large delta that it would make larger, although fewer bytes differ with it', async () => {
    const { old, fresh, steps } = pointersThatMislead();
    const matched = { old: memorySource(old), fresh: memorySource(fresh), steps };
    const digests = await digestBoth(matched.old, matched.fresh, silent);
    const prediction: Prediction = {
      modes: [{ kind: 'word32', base: 0 }],
      old: whole(old.length),
      new: whole(fresh.length),
    };
    const sizeOf = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, { length }) => sum + length, 0);
    const plain = await writeDelta(matched, { digests });
    const chosen = await writeDelta(matched, { digests, prediction });
    expect(sizeOf(chosen)).toBeLessThanOrEqual(sizeOf(plain));
    expect(equalBytes(await apply(old, Buffer.concat(chosen)), fresh)).toBe(true);
  });
});
