import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Updater } from 'tuf-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { type Sealed, seal } from '../../../src/core/digest.ts';
import { parseName, parseVersion } from '../../../src/core/names.ts';
import {
  buildRoot,
  buildSnapshot,
  buildTargets,
  buildTimestamp,
  signRole,
} from '../../../src/repository/build.ts';
import { encodeChannel } from '../../../src/repository/channel.ts';
import { createTrust } from '../../../src/repository/genesis.ts';
import {
  channelPath,
  channelsPattern,
  metadataKey,
  payloadPath,
  targetKey,
} from '../../../src/repository/layout.ts';
import type { TargetFile } from '../../../src/repository/model.ts';
import { channelsRole, productRole } from '../../../src/repository/names.ts';
import { parseRoot } from '../../../src/repository/parse-root.ts';
import { expiryOf } from '../../../src/repository/policy.ts';
import { type ServedFolder, serveFolder } from '../../support/http.ts';
import { signerNamed } from '../../support/signers.ts';

/** tuf-js has a clock of its own, so this repository is made now. */
const now = Math.floor(Date.now() / 1000);
const product = parseName('gateway', 'product');
const version = parseVersion('1.0.0', 'version');
const [release, online, channels] = ['release', 'online', 'channels'].map(signerNamed);
const payload = utf8('a payload');
const payloadAt = payloadPath(product, version, parseName('radio', 'component'));
const channelAt = channelPath(product, parseName('stable', 'channel'));
const channel = encodeChannel({
  product,
  channel: parseName('stable', 'channel'),
  release: { version, manifest: { length: 1, sha256: '00'.repeat(32) } },
});

let folder: string;
let served: ServedFolder;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ota-tuf-js-'));
  served = await serveFolder(join(folder, 'store'));
});
afterEach(async () => {
  await served.close();
  await rm(folder, { recursive: true });
});

async function put(key: string, bytes: Uint8Array) {
  const path = join(folder, 'store', key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

const listed = (bytes: Uint8Array): TargetFile => {
  const { length, sha256 } = seal(bytes);
  return { length, sha256, custom: { component: 'radio' } };
};

/** Genesis, a second root, the product with a payload, its channels with a channel; as a publisher would leave them. */
async function publish(): Promise<Sealed> {
  if (!release || !online || !channels) throw new Error('there are three signers');
  const trust = await createTrust({ product, releaseSigner: release, onlineKey: online.publicKey, now });
  const { signed: first } = parseRoot(trust.root.bytes, 'root.json');
  const second = buildRoot({ ...first, version: 2, keys: [...first.keys.values()] });
  const delegated = {
    name: channelsRole(product),
    keyids: [channels.publicKey.keyid],
    threshold: 1,
    terminating: true,
    paths: [channelsPattern(product)],
  };
  const head = { version: 1, expires: expiryOf('product', now) };
  const files = new Map([
    ['targets', trust.targets],
    [
      productRole(product),
      await signRole(
        buildTargets({
          ...head,
          targets: new Map([[payloadAt, listed(payload)]]),
          delegations: {
            keys: new Map([[channels.publicKey.keyid, channels.publicKey]]),
            roles: [delegated],
          },
        }),
        [release],
      ),
    ],
    [
      channelsRole(product),
      await signRole(buildTargets({ ...head, targets: new Map([[channelAt, listed(channel)]]) }), [channels]),
    ],
  ]);
  const meta = new Map(
    [...files].map(([role, { length, sha256 }]) => [role, { version: 1, length, sha256 }]),
  );
  const snapshot = await signRole(buildSnapshot({ ...head, meta }), [online]);
  const timestamp = buildTimestamp({
    ...head,
    snapshot: { version: 1, length: snapshot.length, sha256: snapshot.sha256 },
  });
  for (const [role, file] of files) await put(metadataKey(role, 1), file.bytes);
  await put(metadataKey('root', 1), trust.root.bytes);
  await put(metadataKey('root', 2), (await signRole(second, [release])).bytes);
  await put(metadataKey('snapshot', 1), snapshot.bytes);
  await put(metadataKey('timestamp', undefined), (await signRole(timestamp, [online])).bytes);
  await put(targetKey(payloadAt, seal(payload).sha256), payload);
  await put(targetKey(channelAt, seal(channel).sha256), channel);
  return trust.root;
}

async function client(root: Sealed): Promise<Updater> {
  const [metadataDir, targetDir] = [join(folder, 'client'), join(folder, 'downloads')];
  await mkdir(metadataDir);
  await mkdir(targetDir);
  await writeFile(join(metadataDir, 'root.json'), root.bytes);
  return new Updater({
    metadataDir,
    targetDir,
    metadataBaseUrl: `${served.url}/metadata`,
    targetBaseUrl: `${served.url}/targets`,
    config: { fetchRetry: false },
  });
}

it('tuf-js walks from the first root and downloads through both delegations', async () => {
  const updater = await client(await publish());
  await updater.refresh();
  for (const [path, bytes] of [
    [payloadAt, payload],
    [channelAt, channel],
  ] as const) {
    const info = await updater.getTargetInfo(path);
    if (!info) throw new Error(`tuf-js does not find ${path}`);
    expect(info.custom).toEqual({ component: 'radio' });
    expect(new Uint8Array(await readFile(await updater.downloadTarget(info)))).toEqual(
      Uint8Array.from(bytes),
    );
  }
  expect(served.asked).toContain('/metadata/2.root.json');
  expect(await updater.getTargetInfo('gateway/1.0.0/other')).toBeUndefined();
});

it('tuf-js refuses the same repository with one byte of a role changed', async () => {
  const root = await publish();
  const key = join(folder, 'store', metadataKey('gateway', 1));
  const bytes = await readFile(key);
  bytes[bytes.indexOf('radio')] = 0x52;
  await writeFile(key, bytes);
  const updater = await client(root);
  await updater.refresh();
  await expect(updater.getTargetInfo(payloadAt)).rejects.toThrow();
});
