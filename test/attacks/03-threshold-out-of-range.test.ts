import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/core/json/value.ts';
import { TestClient } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

const BAD: readonly JsonValue[] = [0, -1, 0.5, 1.5, 2, 2 ** 53, 1e300, '1', null, true, [1]];

/** What is no safe integer is not even read as JSON. */
const codeOf = (threshold: JsonValue) =>
  typeof threshold === 'number' && !Number.isSafeInteger(threshold) ? 'role-json' : 'role-signers';

describe('a threshold that is not a whole number from 1 to the number of keys', () => {
  it.each(BAD)('is refused in a root: %j', async (threshold) => {
    const forge = await Forge.make();
    await forge.set('root', ['roles', 'timestamp', 'threshold'], threshold).write('root');
    const error = await new TestClient(forge.store, forge.bytes('root')).refuses(codeOf(threshold));
    expect(error.message).toMatch(/threshold|whole number|digits|outside/);
  });

  it.each(BAD)('is refused in a delegation: %j', async (threshold) => {
    const forge = await Forge.make();
    await forge.publish('targets', [['delegations', 'roles', 0, 'threshold'], threshold]);
    await new TestClient(forge.store, forge.bytes('root')).refuses(codeOf(threshold));
  });

  it('is refused where one keyid is listed twice to reach it', async () => {
    const forge = await Forge.make();
    const { keyid } = forge.online.publicKey;
    forge.set('root', ['roles', 'timestamp'], { keyids: [keyid, keyid], threshold: 2 });
    await forge.write('root');
    await new TestClient(forge.store, forge.bytes('root')).refuses('role-signers');
  });
});

it('accepts a threshold of the number of keys', async () => {
  const forge = await Forge.make();
  await forge.set('root', ['roles', 'timestamp', 'threshold'], 1).write('root');
  await new TestClient(forge.store, forge.bytes('root')).refresh();
});
