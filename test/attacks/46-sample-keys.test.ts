import { describe, expect, it } from 'vitest';
import { demoSeed } from '../../src/keys/demo.ts';
import { signerFromSeed } from '../../src/keys/ed25519.ts';
import type { Signer } from '../../src/keys/signer.ts';
import type { Trust } from '../../src/repository/trust.ts';
import { refusal } from '../support/client.ts';
import { freshFolder } from '../support/folder.ts';
import { makeBundle, makeTrust, noise, ONLINE, publishFile, RELEASE } from '../support/release.ts';
import { WritableStore } from '../support/writable-store.ts';

const folder = freshFolder();
const DEMO = { release: signerFromSeed(demoSeed('release')), online: signerFromSeed(demoSeed('online')) };

async function publishWith(trust: Trust, release: Signer, signers: readonly Signer[], demo?: boolean) {
  const store = new WritableStore();
  const path = await makeBundle(folder.path, {
    version: '1.0.0',
    components: { radio: { image: noise(1, 300) } },
    signers: [release],
  });
  const options = { store, trust, signers, scratch: folder.at('scratch'), ...(demo ? { demo } : {}) };
  return { store, run: () => publishFile(path, options) };
}

describe('a key whose private half everyone has', () => {
  it.each([
    ['release', DEMO.release, ONLINE],
    ['online', RELEASE, DEMO.online],
  ] as const)('publishes nothing as the %s key', async (_, release, online) => {
    const trust = await makeTrust(release, online);
    const { store, run } = await publishWith(trust, release, [release, online]);
    expect(await refusal(run)).toMatchObject({ code: 'key-demo' });
    expect(store.keys()).toEqual([]);
  });

  it('is refused beside honest keys too', async () => {
    const trust = await makeTrust();
    const { store, run } = await publishWith(trust, RELEASE, [RELEASE, ONLINE, DEMO.online]);
    expect(await refusal(run)).toMatchObject({ code: 'key-demo' });
    expect(store.keys()).toEqual([]);
  });

  it('is refused where it is trusted, though it signs nothing now', async () => {
    const trust = await makeTrust(DEMO.release, ONLINE);
    const { store, run } = await publishWith(trust, DEMO.release, [ONLINE]);
    expect(await refusal(run)).toMatchObject({ code: 'key-demo', where: 'the trust' });
    expect(store.keys()).toEqual([]);
  });

  it('is for the demo alone', async () => {
    const trust = await makeTrust(DEMO.release, DEMO.online);
    const { run } = await publishWith(trust, DEMO.release, [DEMO.release, DEMO.online], true);
    expect((await run()).changed).toBe(true);
  });
});

it('keys of one’s own are published with', async () => {
  const { run } = await publishWith(await makeTrust(), RELEASE, [RELEASE, ONLINE]);
  expect((await run()).changed).toBe(true);
});
