import { describe, expect, it } from 'vitest';
import { beginProposal } from '../../../src/ceremony/begin.ts';
import { documentsOf } from '../../../src/ceremony/documents.ts';
import { addKey, replaceKey, setExpiry } from '../../../src/ceremony/edit.ts';
import { printJson } from '../../../src/core/json/print.ts';
import { DAY } from '../../../src/core/time.ts';
import { signRole } from '../../../src/repository/build.ts';
import { parseRoot } from '../../../src/repository/parse-root.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import { ONLINE, RELEASE } from '../../support/release.ts';
import { ALICE, BOB, firstChain, firstProposal, keyidOf, readTargets } from './support.ts';

const first = await firstProposal();
const rolesIn = (proposal: typeof first) => documentsOf(proposal).map(({ role }) => role);
const signedOf = (proposal: typeof first, role: string) =>
  documentsOf(proposal).find((item) => item.role === role)?.signed ?? {};

describe('what has to be signed', () => {
  it('is nothing while nothing is changed', async () => {
    expect((await refusal(() => documentsOf(first))).code).toBe('proposal-empty');
  });

  it('is the root alone when only its keys change', () => {
    const next = addKey(first, 'root', ALICE.publicKey);
    expect(rolesIn(next)).toEqual(['root']);
    const root = parseRoot(printJson({ signatures: [], signed: signedOf(next, 'root') }), 'root').signed;
    expect(root).toMatchObject({ version: 2, expires: NOW + 730 * DAY, consistentSnapshot: true });
    expect(root.roles.root.keyids).toEqual([keyidOf(RELEASE), keyidOf(ALICE)].sort());
    expect([...root.keys.keys()].sort()).toEqual([RELEASE, ONLINE, ALICE].map(keyidOf).sort());
  });

  it('is the targets too when those who signed them count no longer', () => {
    expect(rolesIn(replaceKey(first, 'targets', keyidOf(RELEASE), ALICE.publicKey))).toEqual([
      'root',
      'targets',
    ]);
    // The old key counts still.
    expect(rolesIn(addKey(first, 'targets', ALICE.publicKey))).toEqual(['root']);
  });

  it('is targets and the product for its release keys, and no root', () => {
    const next = replaceKey(first, 'gateway', keyidOf(RELEASE), BOB.publicKey);
    expect(rolesIn(next)).toEqual(['targets', 'gateway']);
    const targets = readTargets(signedOf(next, 'targets'));
    expect(targets.delegations?.roles).toMatchObject([
      { name: 'gateway', keyids: [keyidOf(BOB)], threshold: 1, terminating: true, paths: ['gateway/*/*'] },
    ]);
    expect([...(targets.delegations?.keys.keys() ?? [])]).toEqual([keyidOf(BOB)]);
    const gateway = readTargets(signedOf(next, 'gateway'));
    expect(gateway).toMatchObject({ version: 5, expires: NOW + 365 * DAY });
    expect(gateway.targets.has('gateway/1.0.0/radio')).toBe(true);
  });

  it('is the product for its channel keys', () => {
    const next = replaceKey(first, 'gateway.channels', keyidOf(ONLINE), BOB.publicKey);
    expect(rolesIn(next)).toEqual(['gateway']);
    expect(readTargets(signedOf(next, 'gateway')).delegations?.roles).toMatchObject([
      { name: 'gateway.channels', keyids: [keyidOf(BOB)] },
    ]);
  });

  it('is what is to live longer, until when it was said', () => {
    const next = setExpiry(setExpiry(first, 'targets', NOW + 800 * DAY, NOW), 'root', NOW + 10 * DAY, NOW);
    expect(rolesIn(next)).toEqual(['root', 'targets']);
    expect(readTargets(signedOf(next, 'targets')).expires).toBe(NOW + 800 * DAY);
    expect(signedOf(next, 'root').expires).toBe('2026-01-11T00:00:00Z');
  });

  it('keeps fields that are not ours', async () => {
    const chain = await firstChain();
    const { document } = parseTargets(chain.roles.get('targets') as Uint8Array, 'targets');
    const foreign = await signRole({ ...document, 'x-note': { of: 'another tool' } }, [RELEASE]);
    const proposal = beginProposal({ ...chain, roles: new Map([['targets', foreign.bytes]]) }, NOW);
    const next = replaceKey(proposal, 'gateway', keyidOf(RELEASE), ALICE.publicKey);
    expect(signedOf(next, 'targets')['x-note']).toEqual({ of: 'another tool' });
  });
});
