import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectPath } from '../../../../src/cli/inspect/inspect.ts';
import { heldTrust } from '../../../../src/cli/inspect/trust.ts';
import type { JsonObject } from '../../../../src/core/json/value.ts';
import { refusal } from '../../../support/client.ts';
import { freshFolder } from '../../../support/folder.ts';
import { delegation, Forge, forgeFile, keysObject, NOW, roleObject } from '../../../support/forge.ts';
import { makeBundle, makeTrust, noise, RELEASE, seeded } from '../../../support/release.ts';
import { signerNamed } from '../../../support/signers.ts';

const folder = freshFolder();

function writeForge(forge: Forge): void {
  for (const [key, bytes] of forge.store.objects) {
    mkdirSync(dirname(folder.at(key)), { recursive: true });
    writeFileSync(folder.at(key), bytes);
  }
}

const inspect = (path: string, verify = false, trust?: string) =>
  inspectPath(path, { now: NOW, verify, trust: heldTrust(trust, async () => folder.at('no-trust')) });
const signaturesOf = async (...args: Parameters<typeof inspect>) =>
  (await inspect(...args)).found as unknown as {
    signatures: {
      claimed: string[];
      needed?: { missing: string[]; source: string };
      met?: boolean;
      wrong?: string[];
    };
    signaturesBefore?: { met?: boolean; needed: { source: string } };
    problem?: string;
  };

const second = signerNamed('second');

/** `gateway` needs the release key and a second one, and is signed by these. */
async function twoOfTwo(...signers: readonly (typeof second)[]): Promise<Forge> {
  const forge = await Forge.make();
  const role = {
    ...delegation('gateway', ['gateway/*/*'], forge.release),
    ...roleObject(forge.release, second),
  };
  forge.addTargets('targets', {}, [role], keysObject(forge.release, second));
  forge.signers.set('gateway', signers);
  await forge.write('targets');
  await forge.write('gateway');
  writeForge(forge);
  return forge;
}

describe('who signed a role', () => {
  test('by its delegator in the same folder: who is missing, and who does not count', async () => {
    const stranger = signerNamed('stranger');
    const forge = await twoOfTwo(signerNamed('release'), stranger);
    const path = folder.at('metadata/1.gateway.json');
    const { signatures } = await signaturesOf(path);
    expect(signatures.needed).toMatchObject({
      source: folder.at('metadata/1.targets.json'),
      missing: [second.publicKey.keyid],
    });
    const { lines } = await inspect(path);
    const line = (signer: typeof second, state: string) =>
      `    ${signer.publicKey.keyid.slice(0, 16)}  ${state}`;
    expect(lines).toContain(`  signatures: 2 of 2 needed, by ${folder.at('metadata/1.targets.json')}`);
    expect(lines).toContain(line(forge.release, 'signed'));
    expect(lines).toContainEqual(expect.stringContaining('missing'));
    expect(lines).toContain(line(stranger, 'signed, and does not count'));
    expect(lines.join('\n')).toContain('nothing was verified');
  });

  test('with --verify: enough, too few, and a signature that is none', async () => {
    const path = folder.at('metadata/1.gateway.json');
    const forge = await twoOfTwo(signerNamed('release'), second);
    expect((await inspect(path, true)).met).toBe(true);
    expect((await inspect(path, true)).lines.join('\n')).not.toContain('nothing was verified');
    await twoOfTwo(signerNamed('release'));
    expect((await inspect(path, true)).met).toBe(false);

    // The right keyid over other bytes: claimed like any other, and found out only by checking.
    forge.signers.set('gateway', [signerNamed('release'), second]);
    const file = JSON.parse(Buffer.from(await forge.write('gateway')).toString('utf8'));
    const altered = { ...file, signed: { ...file.signed, version: 9 } };
    writeFileSync(path, JSON.stringify(altered));
    const { signatures } = await signaturesOf(path);
    expect(signatures.needed?.missing).toEqual([]);
    const checked = await signaturesOf(path, true);
    expect(checked.signatures).toMatchObject({ met: false, valid: [] });
    expect(checked.signatures.wrong).toHaveLength(2);
  });

  test('alone in a folder it is not known, and is not called verified', async () => {
    const forge = await twoOfTwo(signerNamed('release'), second);
    const alone = folder.at('gateway.json');
    writeFileSync(alone, forge.bytes('gateway'));
    const { signatures } = await signaturesOf(alone);
    expect(signatures).not.toHaveProperty('needed');
    expect(signatures.claimed).toHaveLength(2);
    expect((await inspect(alone)).lines.join('\n')).toContain('--trust DIR tells');
    expect((await inspect(alone, true)).met).toBe(false);
    expect((await inspect(alone, true, folder.at('metadata'))).met).toBe(true);
  });

  test('by the newest of several delegators', async () => {
    const forge = await twoOfTwo(signerNamed('release'), second);
    const alone = { ...delegation('gateway', ['gateway/*/*'], second) };
    forge.addTargets('targets', {}, [alone], keysObject(second));
    forge.set('targets', ['version'], 10);
    await forge.write('targets');
    writeForge(forge);
    const { signatures } = await signaturesOf(folder.at('metadata/1.gateway.json'));
    expect(signatures.needed).toMatchObject({ source: folder.at('metadata/10.targets.json'), threshold: 1 });
  });

  test('a trust folder that is named must be there', async () => {
    const forge = await twoOfTwo(signerNamed('release'), second);
    writeFileSync(folder.at('gateway.json'), forge.bytes('gateway'));
    const error = await refusal(() => inspect(folder.at('gateway.json'), false, folder.at('no-trust')));
    expect(error.code).toBe('input-missing');
  });
});

describe('who signed a root', () => {
  async function rotated(...signers: readonly (typeof second)[]): Promise<string> {
    const forge = await Forge.make();
    writeForge(forge);
    const root: JsonObject = {
      ...forge.signed('root'),
      version: 2,
      keys: keysObject(second, forge.targets, forge.online),
      roles: { ...(forge.signed('root').roles as JsonObject), root: roleObject(second) },
    };
    const path = folder.at('metadata/2.root.json');
    writeFileSync(path, await forgeFile(root, signers));
    return path;
  }

  test('by itself and by the root before it', async () => {
    const path = await rotated(second, signerNamed('root'));
    const found = await signaturesOf(path, true);
    expect(found.signatures).toMatchObject({ met: true, needed: { source: 'itself' } });
    expect(found.signaturesBefore).toMatchObject({
      met: true,
      needed: { source: folder.at('metadata/1.root.json') },
    });
    expect((await inspect(path, true)).met).toBe(true);
  });

  test('is not enough without the one before', async () => {
    const path = await rotated(second);
    const found = await signaturesOf(path, true);
    expect(found.signatures.met).toBe(true);
    expect(found.signaturesBefore?.met).toBe(false);
    expect((await inspect(path, true)).met).toBe(false);
  });
});

test('a role that no client accepts is shown, with the reason', async () => {
  const forge = await Forge.make();
  forge.set('timestamp', ['expires'], 'tomorrow');
  await forge.write('timestamp');
  writeForge(forge);
  const { found, lines, met } = await inspect(folder.at('metadata/timestamp.json'), true);
  expect(found).toMatchObject({
    kind: 'role',
    expires: 'tomorrow',
    problem: expect.stringContaining('tomorrow'),
  });
  expect(lines.join('\n')).toContain('no client accepts it:');
  expect(met).toBe(false);
});

describe('who signed a bundle', () => {
  async function bundle(signer = RELEASE): Promise<string> {
    const trust = await makeTrust();
    mkdirSync(folder.at('trust'));
    writeFileSync(folder.at('trust/1.root.json'), trust.roots[0] ?? '');
    writeFileSync(folder.at('trust/1.targets.json'), trust.targetsBytes);
    const components = { radio: { image: noise(1, 500) } };
    return makeBundle(folder.path, { version: '1.0.0', components, signers: [signer] });
  }

  test('by the release keys of the trust folder', async () => {
    const path = await bundle();
    expect((await signaturesOf(path)).signatures).not.toHaveProperty('needed');
    const found = await signaturesOf(path, true, folder.at('trust'));
    expect(found.signatures).toMatchObject({ met: true, needed: { missing: [] } });
  });

  test('by another key: it does not count', async () => {
    const path = await bundle(seeded(9));
    const { signatures } = await signaturesOf(path, true, join(folder.path, 'trust'));
    expect(signatures).toMatchObject({
      met: false,
      valid: [],
      needed: { missing: [RELEASE.publicKey.keyid] },
    });
  });
});
