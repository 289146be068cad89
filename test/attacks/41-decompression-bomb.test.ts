import { writeFileSync } from 'node:fs';
import { brotliCompressSync, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../src/bundle/compression.ts';
import { FRAME_INPUT_BYTES } from '../../src/bundle/zstd-frame.ts';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import { seal } from '../../src/core/digest.ts';
import { type ByteSource, memorySource } from '../../src/core/source.ts';
import { applyDelta } from '../../src/delta/apply.ts';
import { deflateParams, RAW, zlib } from '../../src/delta/contain/codecs/zlib.ts';
import {
  encodePacking,
  type Packing,
  packingMemory,
  unpackedLength,
} from '../../src/delta/contain/packing.ts';
import { openKey } from '../../src/keys/key-file.ts';
import { refusal } from '../support/client.ts';
import { freshFolder } from '../support/folder.ts';
import { componentObject, forgeBundle, manifestObject } from '../support/forge-bundle.ts';
import { makeTrust, publishFile, RELEASE } from '../support/release.ts';
import { WritableStore } from '../support/writable-store.ts';
import { keysOf, verifyBytes } from '../unit/bundle/fixture.ts';
import { control, forge, headerOf, noise, varints } from '../unit/delta/support.ts';

const folder = freshFolder();

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return concatBytes(...parts);
}

// One RLE block of up to 128 KiB takes four bytes: 4 MiB in 137 bytes, 30,000 : 1.
const bombFrame = (length: number): Uint8Array => {
  const blocks: number[] = [];
  for (let left = length; left > 0; left -= 0x20000) {
    const size = Math.min(left, 0x20000);
    const header = (size << 3) | 0b10 | (left <= 0x20000 ? 1 : 0);
    blocks.push(header & 0xff, (header >> 8) & 0xff, header >> 16, 0);
  }
  const size = Buffer.alloc(4);
  size.writeUInt32LE(length);
  return concatBytes(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), size, new Uint8Array(blocks));
};

describe('a zstd frame of 4 MiB in 137 bytes', () => {
  it('is decompressed where it is what is signed', async () => {
    const image = new Uint8Array(FRAME_INPUT_BYTES);
    const pieces = decompress(memorySource(bombFrame(FRAME_INPUT_BYTES)), seal(image));
    expect(Buffer.compare(await collected(pieces), image)).toBe(0);
  });

  it('a frame larger than what is signed is refused before it is decompressed', async () => {
    const pieces: Uint8Array[] = [];
    const read = async () => {
      for await (const piece of decompress(memorySource(bombFrame(FRAME_INPUT_BYTES)), seal(utf8('x')))) {
        pieces.push(piece);
      }
    };
    expect(await refusal(read)).toMatchObject({ code: 'length-mismatch', exitCode: 4 });
    expect(pieces).toEqual([]);
  });

  it('a frame larger than any of ours is refused, whatever is signed', async () => {
    const claimed = { sha256: 'a'.repeat(64), length: Number.MAX_SAFE_INTEGER };
    const source = memorySource(bombFrame(FRAME_INPUT_BYTES + 1));
    expect(await refusal(() => collected(decompress(source, claimed)))).toMatchObject({
      code: 'payload-invalid',
      exitCode: 4,
    });
  });

  it('frames without end stop at the signed length, having read no more than that takes', async () => {
    const frame = bombFrame(FRAME_INPUT_BYTES);
    let read = 0;
    const endless: ByteSource = {
      length: Number.MAX_SAFE_INTEGER,
      read: async (offset, length) => {
        read += length;
        return Uint8Array.from({ length }, (_, index) => frame[(offset + index) % frame.length] ?? 0);
      },
    };
    const signed = { sha256: 'a'.repeat(64), length: 3 * FRAME_INPUT_BYTES };
    let given = 0;
    const run = async () => {
      for await (const piece of decompress(endless, signed)) given += piece.length;
    };
    expect(await refusal(run)).toMatchObject({ code: 'length-mismatch', exitCode: 4 });
    expect(given).toBe(signed.length);
    expect(read).toBeLessThanOrEqual(1 << 20);
  });

  it('a frame that never ends is refused at the length that a frame can have', async () => {
    let read = 0;
    const endless: ByteSource = {
      length: Number.MAX_SAFE_INTEGER,
      read: async (offset, length) => {
        read += length;
        const bytes = new Uint8Array(length);
        if (offset === 0) bytes.set([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x05]);
        return bytes;
      },
    };
    const signed = { sha256: 'a'.repeat(64), length: 2 ** 40 };
    expect(await refusal(() => collected(decompress(endless, signed)))).toMatchObject({
      code: 'payload-invalid',
      exitCode: 4,
    });
    expect(read).toBeLessThan(6 << 20);
  });
});

describe('a signed bundle whose payload is a bomb', () => {
  const bomb = concatBytes(...Array.from({ length: 16 }, () => bombFrame(FRAME_INPUT_BYTES)));
  const image = utf8('1 KiB of honest image, or so');

  it('is refused by its signed image length, and not published', async () => {
    const manifest = manifestObject([componentObject('radio', image, bomb)]);
    const bytes = await forgeBundle(manifest, [['payloads/radio', bomb]], [RELEASE]);
    expect(await refusal(() => verifyBytes(bytes, keysOf(RELEASE)))).toMatchObject({
      code: 'length-mismatch',
      exitCode: 4,
    });
    writeFileSync(folder.at('bomb.ota'), bytes);
    const store = new WritableStore();
    const options = { store, trust: await makeTrust(), scratch: folder.at('scratch') };
    expect(await refusal(() => publishFile(folder.at('bomb.ota'), options))).toMatchObject({
      code: 'length-mismatch',
      exitCode: 4,
    });
    expect(store.keys()).toEqual([]);
  });

  it('is accepted where that much is signed', async () => {
    const zeros = new Uint8Array(16 * FRAME_INPUT_BYTES);
    const manifest = manifestObject([componentObject('radio', zeros, bomb)]);
    await verifyBytes(await forgeBundle(manifest, [['payloads/radio', bomb]], [RELEASE]), keysOf(RELEASE));
  });
});

it('a delta of Brotli that would give 256 MiB makes nothing', async () => {
  const [old, fresh] = [utf8('old'), utf8('new')];
  const coding = { coder: 'brotli', windowBits: 22 } as const;
  const bomb = brotliCompressSync(new Uint8Array(2 ** 28));
  const section = { name: 'insertions', coding, length: 2 ** 28, coded: bomb.length } as const;
  expect(bomb.length).toBeLessThan(1000);
  const patch = concatBytes(headerOf(seal(old), seal(fresh), [section]), bomb);
  let made = 0;
  const run = async () => {
    for await (const piece of applyDelta(memorySource(old), memorySource(patch))) made += piece.length;
  };
  expect(await refusal(run)).toMatchObject({ code: 'delta-invalid', exitCode: 4 });
  expect(made).toBe(0);
});

it('a key file that asks for 1 TiB of memory is refused before any is taken', async () => {
  const file = (factor: number) =>
    utf8(
      `age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw ${factor}\n${'A'.repeat(43)}\n--- ${'A'.repeat(43)}\n`,
    );
  const error = await refusal(() => openKey(file(30), 'passphrase', 'release.key.age'));
  expect(error.message).toContain('asks for more memory than a key file may');
  // One that asks for little is tried, and this one is of no passphrase.
  expect((await refusal(() => openKey(file(2), 'passphrase', 'release.key.age'))).code).toBe(
    'passphrase-wrong',
  );
});

describe('a delta whose base has packed parts', () => {
  const packer = { codec: zlib, params: deflateParams({ wrapper: RAW, level: 9 }) };
  const SIZE = 2 ** 16;
  const bomb = deflateRawSync(new Uint8Array(SIZE));
  const base = concatBytes(bomb, bomb);
  const packingOf = (raw: number, newLength: number, keep = raw): Packing => {
    const old = [0, bomb.length].map((offset) => ({ offset, length: bomb.length, raw, packer }));
    return { keep, old, new: [], oldLength: unpackedLength(base.length, old), newLength };
  };
  const forged = (packing: Packing, controls: Uint8Array, steps: number) => {
    const list = encodePacking(packing);
    const body = { packing: list, controls, runs: varints(0, packing.newLength) };
    const coding = { coder: 'stored', windowBits: 0 } as const;
    const claimed = seal(new Uint8Array(packing.newLength));
    return forge(seal(base), claimed, body, { steps, coding, packing: packingMemory(packing, list.length) });
  };
  const apply = (patch: Uint8Array, maxMemory = 2 ** 30) =>
    collected(applyDelta(memorySource(base), memorySource(patch), { maxMemory }));

  it('is applied where they hold what it says', async () => {
    expect(await apply(await forged(packingOf(SIZE, 100), control(100, 0, 500), 1))).toEqual(
      new Uint8Array(100),
    );
  });

  it('is refused where they hold more or less', async () => {
    for (const raw of [1, SIZE - 1, SIZE + 1]) {
      const patch = await forged(packingOf(raw, 1), control(1, 0, 0), 1);
      expect(await refusal(() => apply(patch))).toMatchObject({ code: 'delta-invalid', exitCode: 4 });
    }
  });

  it('is refused before anything is unpacked where it takes too much memory', async () => {
    const patch = await forged(packingOf(SIZE, 1), control(1, 0, 0), 1);
    expect(await refusal(() => apply(patch, SIZE))).toMatchObject({ code: 'delta-too-large' });
    const huge = await forged(packingOf(2 ** 28, 1), control(1, 0, 0), 1);
    expect(await refusal(() => apply(huge))).toMatchObject({ code: 'delta-invalid' });
  });

  it('is refused where its steps have the same parts unpacked over and over again', async () => {
    const [steps, there, back] = [1000, control(1, 0, SIZE - 1), control(1, 0, -SIZE - 1)];
    const controls = concatBytes(
      control(1, 0, 0),
      ...Array.from({ length: steps - 1 }, (_, step) => (step % 2 === 0 ? there : back)),
    );
    const wasteful = await forged(packingOf(SIZE, steps), controls, steps);
    expect(await refusal(() => apply(wasteful))).toMatchObject({ code: 'delta-invalid' });
    const kept = await forged(packingOf(SIZE, steps, 2 * SIZE), controls, steps);
    expect(await apply(kept)).toEqual(new Uint8Array(steps));
  });

  it('is refused where what it packs is larger than the new image', async () => {
    const packing = { ...packingOf(SIZE, 5000), new: [{ at: 0, raw: 5000, packer }] };
    const list = encodePacking(packing);
    const body = { packing: list, controls: control(0, 5000, 0), insertions: noise(5000) };
    const patch = await forge(seal(base), seal(new Uint8Array(100)), body, {
      steps: 1,
      packing: packingMemory(packing, list.length),
    });
    expect(await refusal(() => apply(patch))).toMatchObject({ code: 'delta-invalid' });
  });
});
