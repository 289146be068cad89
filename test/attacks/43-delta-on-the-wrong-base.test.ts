import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.ts';
import { seal, sha256 } from '../../src/core/digest.ts';
import { memorySource } from '../../src/core/source.ts';
import { applyDelta } from '../../src/delta/apply.ts';
import { applyDeltaFile } from '../../src/delta/apply-file.ts';
import { createDelta } from '../../src/delta/create.ts';
import { refusal } from '../support/client.ts';
import { filesBelow, freshFolder } from '../support/folder.ts';
import { makeBundle, makeTrust, noise, patched, publishFile, update } from '../support/release.ts';
import { WritableStore } from '../support/writable-store.ts';
import { applyTo, makeIn } from '../unit/delta/compat/support.ts';

const folder = freshFolder();
const OLD = noise(1, 4000);
const NEW = patched(OLD, 7);

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(Uint8Array.from(piece));
  return concatBytes(...parts);
}
const delta = (from = OLD, to = NEW) => collected(createDelta(memorySource(from), memorySource(to)));
const apply = async (base: Uint8Array, patch: Uint8Array) =>
  collected(applyDelta(memorySource(base), memorySource(patch)));

const BASES: readonly (readonly [string, Uint8Array])[] = [
  ['of another length', OLD.subarray(1)],
  ['with one bit flipped', Uint8Array.from(OLD, (byte, at) => (at === 3999 ? byte ^ 1 : byte))],
  ['that is the new image already', NEW],
  ['that is empty', new Uint8Array()],
];

describe('a delta', () => {
  it.each(BASES)('is refused on a base %s, before anything is made of it', async (_, base) => {
    const pieces = applyDelta(memorySource(base), memorySource(await delta()));
    expect(await refusal(() => pieces.next())).toMatchObject({ code: 'delta-wrong-base', exitCode: 4 });
  });

  it('whose header was changed to name the base at hand does not pass for the image that it promises', async () => {
    const base = noise(9, OLD.length);
    const patch = Uint8Array.from(await delta());
    patch.set(Buffer.from(sha256(base), 'hex'), 40);
    expect(await refusal(() => apply(base, patch))).toMatchObject({ code: 'digest-mismatch', exitCode: 4 });
  });

  it('leaves nothing at the path of its result', async () => {
    for (const [name, bytes] of [
      ['base', noise(9, 4000)],
      ['patch', await delta()],
    ] as const)
      writeFileSync(folder.at(name), bytes);
    const run = () => applyDeltaFile(folder.at('base'), folder.at('patch'), folder.at('result'));
    expect((await refusal(run)).code).toBe('delta-wrong-base');
    expect([...filesBelow(folder.path).keys()]).toEqual(['base', 'patch']);
  });

  it.each(['bsdiff40', 'vcdiff'] as const)(
    'in the format %s, which holds no digest, is refused by those that are signed',
    async (format) => {
      const patch = await makeIn(format, OLD, NEW);
      const images = { old: seal(OLD), new: seal(NEW) };
      for (const [, base] of BASES) {
        const run = () => applyTo(base, patch, { images });
        expect(await refusal(run)).toMatchObject({ code: 'delta-wrong-base', exitCode: 4 });
      }
      const other = noise(9, NEW.length);
      const run = () => applyTo(OLD, patch, { images: { ...images, new: seal(other) } });
      expect(await refusal(run)).toMatchObject({ code: 'digest-mismatch', exitCode: 4 });
      expect(await applyTo(OLD, patch, { images })).toEqual(NEW);
    },
  );

  it('makes the new image on its own base', async () => {
    expect(await apply(OLD, await delta())).toEqual(NEW);
  });
});

it('a device whose slot is not what a delta is from takes the full payload instead', async () => {
  const trust = await makeTrust();
  const store = new WritableStore();
  const release = (version: string, image: Uint8Array) =>
    makeBundle(folder.at(version), { version, components: { radio: { image } } });
  const options = { store, trust, scratch: folder.at('scratch') };
  await publishFile(await release('1.0.0', OLD), options);
  await update(folder.at('device'), store, trust);
  await update(folder.at('honest'), store, trust);
  await publishFile(await release('1.1.0', NEW), options);
  const slot = folder.at('device', 'slots', 'radio');
  writeFileSync(slot, patched(OLD, 99));

  const report = await update(folder.at('device'), store, trust);
  expect(report.components).toMatchObject([{ component: 'radio', action: 'full' }]);
  expect(readFileSync(slot)).toEqual(Buffer.from(NEW));
  const honest = await update(folder.at('honest'), store, trust);
  expect(honest.components).toMatchObject([{ component: 'radio', action: 'delta' }]);
});
