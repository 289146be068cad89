import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/core/json/value.ts';
import { TestClient } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

const BAD: readonly JsonValue[] = [0, -1, 1.5, 2 ** 53, 1e300, '2', null, true];

/** What is no safe integer is not even read as JSON. */
const codeOf = (version: JsonValue) =>
  typeof version === 'number' && !Number.isSafeInteger(version) ? 'role-json' : 'role-number';

describe.each(['root', 'timestamp', 'snapshot', 'targets'])('the version of a %s', (role) => {
  it.each(BAD)('is refused: %j', async (version) => {
    const forge = await Forge.make();
    const client = new TestClient(forge.store, forge.bytes('root'));
    const where = role === 'root' ? 'metadata/2.root.json' : forge.key(role);
    const bytes = await forge.set(role, ['version'], version).write(role);
    forge.store.objects.set(where, bytes);
    // The announcement names version and place only, so that it is the version that is refused.
    if (role === 'targets')
      await forge.set('snapshot', ['meta', 'targets.json'], { version: 1 }).announceSnapshot();
    if (role === 'snapshot') {
      await forge.set('timestamp', ['meta', 'snapshot.json'], { version: 1 }).write('timestamp');
    }
    const error = await client.refuses(codeOf(version));
    expect(error.message).toMatch(/version|whole number|digits|outside/);
  });
});

it.each(BAD)('is refused in an announcement too: %j', async (version) => {
  const forge = await Forge.make();
  await forge.set('timestamp', ['meta', 'snapshot.json', 'version'], version).write('timestamp');
  await new TestClient(forge.store, forge.bytes('root')).refuses(codeOf(version));
});

it('accepts 1 and 2^53-1', async () => {
  const forge = await Forge.make();
  const client = new TestClient(forge.store, forge.bytes('root'));
  await client.refresh();
  await forge.set('timestamp', ['version'], 2 ** 53 - 1).write('timestamp');
  expect((await client.refresh()).timestamp.signed.version).toBe(Number.MAX_SAFE_INTEGER);
});
