import { copyFileSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directoryStore } from '../../src/storage/directory.ts';
import { refusal } from '../support/client.ts';
import { filesBelow } from '../support/folder.ts';
import { publishFile } from '../support/release.ts';
import { faultScenario, IMAGES } from '../support/scenario.ts';

const scenario = await faultScenario();
const { folder } = scenario;

const RADIO = Buffer.from(IMAGES['1.1.0'].radio);

/** Overwrites bytes of a payload inside the bundle, in place, as a build that is still running would. */
function overwrite(path: string): void {
  const at = readFileSync(path).indexOf(RADIO);
  expect(at).toBeGreaterThan(0);
  writeSync(openSync(path, 'r+'), Buffer.from([RADIO[9] ?? 0, 1, 2, 3]), 0, 4, at + 10);
}

const CHANGES: readonly (readonly [string, (path: string) => void])[] = [
  ['is overwritten', overwrite],
  ['is cut short', (path) => truncateSync(path, readFileSync(path).indexOf(RADIO) + 100)],
];

describe.each(CHANGES)('the bundle %s while it is uploaded', (kind, change) => {
  it('and nothing is stored of it, no metadata least of all', async () => {
    const path = join(folder, `changing-${kind}.ota`);
    copyFileSync(scenario.bundles['1.1.0'], path);
    const store = scenario.store.copy();
    store.fate = (_, request, key) => {
      if (request === 'create' && key.endsWith('.radio')) change(path);
      return 'do';
    };
    const options = { trust: scenario.trust, scratch: join(folder, 'scratch') };
    const error = await refusal(() => publishFile(path, { ...options, store }));
    expect(error).toMatchObject({ code: 'input-changed', exitCode: 3 });
    expect(store.keys('metadata/')).toEqual(scenario.store.keys('metadata/'));
    expect(store.keys().filter((key) => key.includes('1.1.0') && key.endsWith('.radio'))).toEqual([]);

    store.fate = () => 'do';
    expect((await scenario.publish('1.1.0', store)).changed).toBe(true);
    expect(await scenario.consistent(scenario.device(), store)).toBe('1.1.0');
  });

  it('and a directory is left without a partial object', async () => {
    const path = join(folder, `directory-${kind}.ota`);
    copyFileSync(scenario.bundles['1.1.0'], path);
    const home = join(folder, `store-${kind}`);
    const inner = directoryStore(home);
    const store = {
      ...inner,
      create: (...request: Parameters<typeof inner.create>) => {
        if (request[0].endsWith('.radio')) change(path);
        return inner.create(...request);
      },
    };
    const options = { trust: scenario.trust, scratch: join(folder, 'scratch') };
    const error = await refusal(() => publishFile(path, { ...options, store }));
    expect(error.code).toBe('input-changed');
    expect([...filesBelow(home).keys()].map((key) => key.replace(/[0-9a-f]{64}/, 'DIGEST'))).toEqual([
      'targets/gateway/1.1.0/DIGEST.boot',
    ]);
  });
});

it('a delta that changes after it was made is not uploaded', async () => {
  const store = scenario.store.copy();
  const scratch = join(folder, 'deltas');
  store.fate = (_, request, key) => {
    if (request !== 'create' || !key.endsWith('.boot')) return 'do';
    const made = [...filesBelow(scratch).keys()];
    expect(made).toHaveLength(1);
    for (const file of made) writeFileSync(join(scratch, file), readFileSync(join(scratch, file)).reverse());
    return 'do';
  };
  const error = await refusal(() => scenario.publish('1.1.0', store, { scratch }));
  expect(error.code).toBe('input-changed');
  expect(store.keys('metadata/')).toEqual(scenario.store.keys('metadata/'));
});
