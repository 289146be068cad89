import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.ts';
import { seal, sha256 } from '../../src/core/digest.ts';
import { refusal } from '../support/client.ts';
import { freshFolder } from '../support/folder.ts';
import { fileObject } from '../support/forge.ts';
import {
  makeBundle,
  makeTrust,
  noise,
  ONLINE,
  patched,
  publishFile,
  RELEASE,
  update,
} from '../support/release.ts';
import { resignProduct } from '../support/resign.ts';
import { WritableStore } from '../support/writable-store.ts';
import { apply, type Body, control, DEFLATE, forge, headerOf, varints } from '../unit/delta/support.ts';

const OLD = Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80);
const NEW = Uint8Array.of(30, 41, 50, 1, 2, 10, 20);
const NONE = new Uint8Array();
const MOST = 2 ** 53 - 1;

/** Pairs 30 40 50 as 30 41 50, inserts 1 2, goes back for 10 20. */
const HONEST: Body = {
  controls: concatBytes(control(3, 2, 2), control(2, 0, -5)),
  runs: varints(0, 1, 1, 3),
  differences: Uint8Array.of(1),
  insertions: Uint8Array.of(1, 2),
};
const forged = (body: Partial<Body>, steps = 2) =>
  forge(seal(OLD), seal(NEW), { ...HONEST, ...body }, { steps });

/** A varint of any bytes, to write what an encoder would not. */
const raw = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);
/** 2^64-1: minus one for whoever reads it as a signed integer of 64 bits. */
const MINUS_ONE = raw(...Array.from({ length: 9 }, () => 0xff), 0x01);
/** 2^63: the least such integer. */
const LEAST = raw(...Array.from({ length: 9 }, () => 0x80), 0x01);

const folder = freshFolder();

describe('the controls of a patch', () => {
  it.each<[string, Partial<Body>]>([
    ['an addition of -1', { controls: concatBytes(MINUS_ONE, varints(2, 4)) }],
    ['an insertion of -1', { controls: concatBytes(varints(3), MINUS_ONE, varints(4)) }],
    ['a seek of -1, unsigned', { controls: concatBytes(varints(3, 2), MINUS_ONE) }],
    ['the least integer of 64 bits', { controls: concatBytes(LEAST, varints(2, 4)) }],
    ['an addition of 2^31', { controls: control(2 ** 31, 2, 2) }],
    ['an addition of 2^32 + 3, which is 3 in 32 bits', { controls: control(2 ** 32 + 3, 2, 2) }],
    ['an insertion of 2^32 + 2, which is 2 in 32 bits', { controls: control(3, 2 ** 32 + 2, 2) }],
    ['an addition of 2^53 - 1', { controls: control(MOST, 2, 2) }],
    ['both of 2^53 - 1, whose sum is no integer', { controls: control(MOST, MOST, 2) }],
    ['a seek before the first byte', { controls: control(3, 2, -1) }],
    ['a seek past the last byte', { controls: control(3, 2, 6) }],
    ['a seek of 2^32 + 2, which is 2 in 32 bits', { controls: control(3, 2, 2 ** 32 + 2) }],
    ['a seek far back', { controls: control(3, 2, -(2 ** 52)) }],
    ['a run of 2^53 - 1', { runs: varints(MOST) }],
    ['an equal run of 2^53 - 1', { runs: varints(0, MOST) }],
    ['a run of -1', { runs: MINUS_ONE }],
    ['a varint of 64 bytes', { controls: concatBytes(new Uint8Array(63).fill(0x80), raw(1)) }],
    ['nothing, for ever', { controls: concatBytes(...Array.from({ length: 900 }, () => control(0, 0, 0))) }],
    ['fewer differences than they name', { differences: NONE }],
    ['fewer insertions than they name', { insertions: NONE }],
  ])('with %s are refused', async (_, streams) => {
    const error = await refusal(async () => apply(OLD, await forged(streams)));
    expect(error).toMatchObject({ code: 'delta-invalid', exitCode: 4 });
  });

  it.each([
    ['2^48 bytes', 2 ** 48],
    ['2^32 bytes', 2 ** 32],
    ['2 GiB', 2 ** 31],
  ])('in sections that claim %s are refused before that much is taken', async (_, length) => {
    const coding = { coder: 'lzma', windowBits: 20, props: { lc: 0, lp: 0, pb: 0 } } as const;
    for (const claimed of [DEFLATE, coding]) {
      const section = { name: 'controls', coding: claimed, length, coded: 9 } as const;
      const patch = concatBytes(headerOf(seal(OLD), seal(NEW), [section], 2 ** 32 - 1), new Uint8Array(9));
      const before = process.memoryUsage().arrayBuffers;
      expect((await refusal(() => apply(OLD, patch))).code).toBe('delta-invalid');
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
    }
  });

  it('of images that the header makes endless are refused', async () => {
    const patch = Uint8Array.from(await forged({}));
    new DataView(patch.buffer).setBigUint64(32, 2n ** 64n - 1n, true);
    expect((await refusal(() => apply(OLD, patch))).code).toBe('delta-invalid');
    new DataView(patch.buffer).setBigUint64(32, BigInt(NEW.length) + 2n ** 32n, true);
    expect((await refusal(() => apply(OLD, patch))).code).toBe('delta-invalid');
  });

  it('that are honest make the image', async () => {
    expect(await apply(OLD, await forged({}))).toEqual(NEW);
  });
});

it('a device for which such a patch was signed takes the full payload', async () => {
  const trust = await makeTrust();
  const store = new WritableStore();
  const [old, fresh] = [noise(1, 4000), patched(noise(1, 4000), 7)];
  const options = { store, trust, scratch: folder.at('scratch') };
  const bundle = (version: string, image: Uint8Array) =>
    makeBundle(folder.at(version), { version, components: { radio: { image } } });
  await publishFile(await bundle('1.0.0', old), options);
  await update(folder.at('device'), store, trust);
  await update(folder.at('honest'), store, trust);
  const { deltas } = await publishFile(await bundle('1.1.0', fresh), options);
  expect(deltas).toMatchObject([{ result: 'shipped' }]);
  expect((await update(folder.at('honest'), store, trust)).components).toMatchObject([{ action: 'delta' }]);

  const path = `gateway/1.1.0/radio.from.${sha256(old).slice(0, 16)}.otad`;
  const evil = await forge(
    seal(old),
    seal(fresh),
    { ...HONEST, controls: control(MOST, MOST, -5) },
    { steps: 1 },
  );
  store.objects.set(`targets/gateway/1.1.0/${sha256(evil)}.${path.split('/').at(-1)}`, evil);
  const { length, hashes } = fileObject(evil);
  await resignProduct(
    store,
    { release: RELEASE, online: ONLINE },
    [['targets', path, 'length'], length],
    [['targets', path, 'hashes'], hashes],
  );
  const report = await update(folder.at('device'), store, trust);
  expect(report.components).toMatchObject([{ action: 'full', fellBack: 'delta-invalid' }]);
  expect(readFileSync(folder.at('device', 'slots', 'radio'))).toEqual(Buffer.from(fresh));
});
