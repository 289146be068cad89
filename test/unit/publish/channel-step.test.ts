import { expect, it } from 'vitest';
import { refusal } from '../../support/client.ts';
import { freshFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { makeBundle, makeTrust, noise, patched, publishFile } from '../../support/release.ts';
import { WritableStore } from '../../support/writable-store.ts';

const DAY = 86_400;
const folder = freshFolder();
const trust = await makeTrust();

const bundle = (version: string) =>
  makeBundle(folder.at(version), {
    version,
    components: { radio: { image: patched(noise(1, 500), Number(version.replaceAll('.', '')) % 251) } },
  });

it('a channel goes back to an earlier release only when that is asked for', async () => {
  const store = new WritableStore();
  const options = { store, trust, scratch: folder.at('scratch') };
  const [first, second] = [await bundle('1.0.0'), await bundle('1.1.0')];
  await publishFile(first, options);
  expect((await publishFile(second, options)).channelFrom).toBe('1.0.0');
  const before = new Map(store.objects);
  expect(await refusal(() => publishFile(first, options))).toMatchObject({
    code: 'channel-back',
    exitCode: 3,
  });
  expect(store.objects).toEqual(before);
  const back = await publishFile(first, { ...options, rollback: true });
  expect(back).toMatchObject({ channelFrom: '1.1.0', version: '1.0.0', changed: true });
});

it('says which role of all expires first, and renews a product role whose life is half spent', async () => {
  const store = new WritableStore();
  const options = { store, trust, scratch: folder.at('scratch') };
  const path = await bundle('1.0.0');
  const first = await publishFile(path, options);
  expect(first.expiresFirst).toMatchObject({ expires: NOW + 30 * DAY });
  const roles = async (days: number) =>
    (await publishFile(path, { ...options, now: NOW + days * DAY })).roles.map(({ role }) => role);
  expect(await roles(10)).toEqual([]);
  expect(await roles(20)).toEqual(['snapshot', 'timestamp']);
  expect((await roles(200)).filter((role) => !['snapshot', 'timestamp'].includes(role))).toHaveLength(2);
  // The trust itself is what ends first then, and no publication can renew it.
  const late = await publishFile(path, { ...options, now: NOW + 715 * DAY });
  expect(late.expiresFirst.role).toMatch(/^(root|targets)$/);
});
