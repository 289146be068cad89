import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directoryStore } from '../../src/storage/directory.ts';
import { refusal } from '../support/client.ts';
import { filesBelow } from '../support/folder.ts';
import { faultScenario } from '../support/scenario.ts';

const scenario = await faultScenario();
const { folder } = scenario;

const flipped = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(bytes, (byte, at) => (at === 0 ? byte ^ 1 : byte));
const DAMAGE: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
  ['as long', flipped],
  ['longer', (bytes) => new Uint8Array([...bytes, 0])],
  ['shorter', (bytes) => bytes.subarray(1)],
  ['empty', () => new Uint8Array()],
];

describe('an object of the same name with other bytes', () => {
  it('stops a publish before any metadata, for each of its targets', async () => {
    const whole = scenario.store.copy();
    const { targets } = await scenario.publish('1.1.0', whole);
    const added = whole.keys('targets/').filter((key) => !scenario.store.objects.has(key));
    expect(added).toHaveLength(targets.length);
    for (const [index, key] of added.entries()) {
      const [, damage = flipped] = DAMAGE[index % DAMAGE.length] ?? [];
      const store = scenario.store.copy();
      store.objects.set(key, damage(whole.objects.get(key) ?? new Uint8Array()));
      const before = store.keys('metadata/');
      const timestamp = store.objects.get('metadata/timestamp.json');
      const error = await refusal(() => scenario.publish('1.1.0', store));
      expect(error).toMatchObject({ code: 'store-mismatch', exitCode: 6, where: `memory:/${key}` });
      expect(store.keys('metadata/')).toEqual(before);
      expect(store.objects.get('metadata/timestamp.json')).toBe(timestamp);

      store.objects.delete(key);
      expect((await scenario.publish('1.1.0', store)).changed).toBe(true);
    }
  });

  it.each(DAMAGE)('does so in a directory, which remembers no digests: %s', async (kind, damage) => {
    const home = join(folder, `store-${kind}`);
    const store = directoryStore(home);
    await scenario.publish('1.0.0', store);
    rmSync(join(home, 'metadata/timestamp.json'));
    const radio = [...filesBelow(home).keys()].find((key) => key.endsWith('.radio')) ?? '';
    writeFileSync(join(home, radio), damage(readFileSync(join(home, radio))));
    const before = filesBelow(home);
    expect(await refusal(() => scenario.publish('1.0.0', store))).toMatchObject({ code: 'store-mismatch' });
    expect(filesBelow(home)).toEqual(before);
  });
});
