import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { withOpenBundle } from '../../src/bundle/files.ts';
import { silent } from '../../src/core/progress.ts';
import { type PublishOptions, publish } from '../../src/publish/publish.ts';
import { refusal } from '../support/client.ts';
import { freshFolder, sharedFolder } from '../support/folder.ts';
import { NOW } from '../support/forge.ts';
import { KEEP, makeBundle, makeTrust, noise, ONLINE, RELEASE, STABLE, update } from '../support/release.ts';
import { tufJsAccepts } from '../support/tuf-js.ts';
import { WritableStore } from '../support/writable-store.ts';

const bundles = sharedFolder();
const folder = freshFolder();
const GOOD = noise(1, 2000);
const EVIL = noise(2, 2000);
const trust = await makeTrust();
let good = '';
let evil = '';
beforeAll(async () => {
  good = await makeBundle(bundles, { version: '1.0.0', components: { radio: { image: GOOD } } });
  evil = await makeBundle(`${bundles}/evil`, {
    version: '1.0.0',
    components: { radio: { image: EVIL } },
    signers: [ONLINE],
  });
});

/** Publishes the bundle at a path and lets `attack` act once, right before a request for the payload. */
async function attacked(when: 'stat' | 'create', attack: (path: string) => void) {
  const path = folder.at('release.ota');
  copyFileSync(good, path);
  const store = new WritableStore();
  let attacks = 0;
  store.fate = (_, request, key) => {
    if (attacks === 0 && request === when && key.endsWith('.radio')) {
      attacks += 1;
      attack(path);
    }
    return 'do';
  };
  const options = (): Omit<PublishOptions, 'bundle'> => ({
    store,
    trust,
    signers: [RELEASE, ONLINE],
    channel: STABLE,
    deltasFrom: 3,
    keep: KEEP,
    scratch: folder.path,
    now: NOW,
    progress: silent,
  });
  const run = () => withOpenBundle(path, (bundle) => publish({ ...options(), bundle }));
  return { store, run, attacks: () => attacks };
}

const payloads = (store: WritableStore) =>
  store
    .keys('targets/')
    .filter((key) => key.endsWith('.radio'))
    .map((key) => store.objects.get(key));

it.each(['stat', 'create'] as const)(
  'publishes the file whose signatures were verified when another takes its name: before the %s of the payload',
  async (when) => {
    const { store, run, attacks } = await attacked(when, (path) => {
      copyFileSync(evil, `${path}.evil`);
      renameSync(`${path}.evil`, path);
    });
    await run();
    expect(attacks()).toBe(1);
    await tufJsAccepts(store, trust.roots[0] as Uint8Array, NOW);
    expect(payloads(store)).toEqual([GOOD]);
    expect((await update(folder.at('device'), store, trust)).to).toBe('1.0.0');
    expect(readFileSync(folder.at('device', 'slots', 'radio'))).toEqual(Buffer.from(GOOD));
  },
);

it.each(['stat', 'create'] as const)(
  'refuses a file that is overwritten in place before the %s of the payload',
  async (when) => {
    const { store, run, attacks } = await attacked(when, (path) => {
      const bytes = readFileSync(path);
      bytes.set(EVIL, bytes.indexOf(Buffer.from(GOOD)));
      writeFileSync(path, bytes);
    });
    expect(await refusal(run)).toMatchObject({ code: 'input-changed' });
    expect(attacks()).toBe(1);
    expect(store.keys()).toEqual([]);
  },
);

it('refuses the other file when it is there from the beginning', async () => {
  const options = {
    store: new WritableStore(),
    trust,
    signers: [RELEASE, ONLINE],
    channel: STABLE,
    deltasFrom: 0,
    keep: KEEP,
  };
  const error = await refusal(() =>
    withOpenBundle(evil, (bundle) =>
      publish({ ...options, bundle, scratch: folder.path, now: NOW, progress: silent }),
    ),
  );
  expect(error).toMatchObject({ code: 'threshold-unmet', exitCode: 4 });
  expect(options.store.keys()).toEqual([]);
});
