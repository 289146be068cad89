import { describe, expect, it } from 'vitest';
import {
  addKey,
  markLost,
  removeKey,
  replaceKey,
  rolesWith,
  setExpiry,
  setThreshold,
} from '../../../src/ceremony/edit.ts';
import { DAY } from '../../../src/core/time.ts';
import { demoSeed } from '../../../src/keys/demo.ts';
import { signerFromSeed } from '../../../src/keys/ed25519.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import { ONLINE, RELEASE } from '../../support/release.ts';
import { ALICE, BOB, CAROL, firstProposal, keyidOf } from './support.ts';

const first = await firstProposal();

describe('a proposal', () => {
  it('begins with who signs what now, delegated roles included', () => {
    expect([...first.roles].map(([name, role]) => [name, role.keyids, role.threshold])).toEqual([
      ['root', [keyidOf(RELEASE)], 1],
      ['targets', [keyidOf(RELEASE)], 1],
      ['snapshot', [keyidOf(ONLINE)], 1],
      ['timestamp', [keyidOf(ONLINE)], 1],
      ['gateway', [keyidOf(RELEASE)], 1],
      ['gateway.channels', [keyidOf(ONLINE)], 1],
    ]);
    expect([...first.keys.keys()].sort()).toEqual([keyidOf(RELEASE), keyidOf(ONLINE)].sort());
  });

  it('goes from one key to 3 of 5 and back to one', () => {
    const five = [ALICE, BOB, CAROL, ONLINE].reduce((all, key) => addKey(all, 'root', key.publicKey), first);
    const three = setThreshold(five, 'root', 3);
    expect(three.roles.get('root')).toMatchObject({ threshold: 3, keyids: { length: 5 } });
    const fewer = removeKey(removeKey(three, 'root', keyidOf(RELEASE)), 'root', keyidOf(ONLINE));
    const one = removeKey(
      removeKey(setThreshold(fewer, 'root', 1), 'root', keyidOf(ALICE)),
      'root',
      keyidOf(BOB),
    );
    expect(one.roles.get('root')?.keyids).toEqual([keyidOf(CAROL)]);
    expect([...one.keys.keys()].sort()).toEqual([keyidOf(RELEASE), keyidOf(ONLINE), keyidOf(CAROL)].sort());
  });

  it('puts one key in the place of another in every role that it signs for', () => {
    const names = rolesWith(first, keyidOf(RELEASE));
    expect(names).toEqual(['root', 'targets', 'gateway']);
    const next = names.reduce((all, name) => replaceKey(all, name, keyidOf(RELEASE), ALICE.publicKey), first);
    expect(rolesWith(next, keyidOf(ALICE))).toEqual(names);
    expect(next.keys.has(keyidOf(RELEASE))).toBe(false);
  });
});

describe('a proposal refuses', () => {
  const code = async (edit: () => unknown) => (await refusal(edit)).code;

  it('a role that is not there, and names those that are', async () => {
    const error = await refusal(() => addKey(first, 'gatewy', ALICE.publicKey));
    expect(error).toMatchObject({
      code: 'role-unknown',
      exitCode: 3,
      hint: expect.stringContaining('gateway'),
    });
  });

  it('a threshold that cannot be met, also by taking away a key', async () => {
    for (const threshold of [0, 2, 1.5, -1]) {
      expect(await code(() => setThreshold(first, 'root', threshold))).toBe('threshold-invalid');
    }
    expect(await code(() => removeKey(first, 'root', keyidOf(RELEASE)))).toBe('threshold-invalid');
    const two = addKey(first, 'root', ALICE.publicKey);
    expect(setThreshold(two, 'root', 2).roles.get('root')?.threshold).toBe(2);
    expect(removeKey(two, 'root', keyidOf(RELEASE)).roles.get('root')?.keyids).toEqual([keyidOf(ALICE)]);
  });

  it('one key twice, the demo’s keys, and to take away a key that is not there', async () => {
    expect(await code(() => addKey(first, 'root', RELEASE.publicKey))).toBe('key-duplicate');
    const two = addKey(first, 'root', ALICE.publicKey);
    expect(await code(() => replaceKey(two, 'root', keyidOf(RELEASE), ALICE.publicKey))).toBe(
      'key-duplicate',
    );
    const demo = signerFromSeed(demoSeed('release')).publicKey;
    expect(await code(() => addKey(first, 'root', demo))).toBe('key-demo');
    expect(await code(() => removeKey(first, 'root', keyidOf(BOB)))).toBe('key-missing');
  });

  it('an expiry in the past, one absurdly far, and one of what publishing renews', async () => {
    for (const expires of [NOW, NOW - DAY, NOW + 3654 * DAY]) {
      expect(await code(() => setExpiry(first, 'root', expires, NOW))).toBe('expiry-invalid');
    }
    expect(await code(() => setExpiry(first, 'timestamp', NOW + DAY, NOW))).toBe('expiry-invalid');
    expect(setExpiry(first, 'root', NOW + DAY, NOW).roles.get('root')?.expires).toBe(NOW + DAY);
  });

  it('to go on when the keys that are left cannot meet the old threshold', async () => {
    expect(await code(() => markLost(first, keyidOf(RELEASE)))).toBe('key-lost');
    const replaced = rolesWith(first, keyidOf(RELEASE)).reduce(
      (all, name) => replaceKey(all, name, keyidOf(RELEASE), ALICE.publicKey),
      first,
    );
    const error = await refusal(() => markLost(replaced, keyidOf(RELEASE)));
    expect(error).toMatchObject({
      code: 'threshold-lost',
      hint: expect.stringContaining('threshold-lost.md'),
    });
    // The online key signs no root: losing it is no such loss, once another stands in its place.
    const online = rolesWith(first, keyidOf(ONLINE)).reduce(
      (all, name) => replaceKey(all, name, keyidOf(ONLINE), BOB.publicKey),
      first,
    );
    expect(markLost(online, keyidOf(ONLINE)).lost).toEqual(new Set([keyidOf(ONLINE)]));
  });
});
