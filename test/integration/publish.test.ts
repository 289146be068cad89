import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3 } from '@aws-sdk/client-s3';
import { Updater } from 'tuf-js';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { UpdateReport } from '../../src/device/report.ts';
import type { PublishReport } from '../../src/publish/publish.ts';
import { httpStore } from '../../src/storage/http.ts';
import type { ReadStore } from '../../src/storage/store.ts';
import type { RepositoryReport } from '../../src/verify/repository.ts';
import { ota, temporaryFolder } from '../support/cli.ts';
import { hubFirmware } from '../support/firmware.ts';
import { bundleAndSign, initProject, PASSPHRASE, releaseFile, writeVersion } from '../support/project.ts';
import { tufJsAccepts } from '../support/tuf-js.ts';

const ceph = inject('ceph');
const endpoint = ceph?.endpoint ?? '';
const BUCKET = 'ota-publish';
/** Where devices read what is published. */
const base = `${endpoint}/${BUCKET}/fleet/gateway`;
const STORE = ['--store', `s3://${BUCKET}/fleet/gateway`, '--endpoint', endpoint];
const KEY = ['--key', 'keys/release.key.age'];
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: ceph?.accessKeyId ?? '',
  AWS_SECRET_ACCESS_KEY: ceph?.secretAccessKey ?? '',
};

describe.skipIf(ceph === null)('the whole chain on Ceph, on the built tool', () => {
  let folder: string;
  let admin: S3;
  let second: PublishReport;
  let served: ReadStore;

  const run = async <T>(args: readonly string[]): Promise<T> => {
    const outcome = await ota(folder, [...args, '--json'], CREDENTIALS);
    if (outcome.exitCode !== 0) throw new Error(`${outcome.stdout}\n${outcome.stderr}`);
    if (args[0] === 'publish') {
      const root = await readFile(join(folder, 'trust/1.root.json'));
      await tufJsAccepts(served, root, Math.floor(Date.now() / 1000));
    }
    return JSON.parse(outcome.stdout) as T;
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    admin = new S3({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: {
        accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID,
        secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
      },
    });
    served = httpStore(base);
    await admin.createBucket({ Bucket: BUCKET });
    await admin.putBucketPolicy({
      Bucket: BUCKET,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: '*',
            Action: ['s3:GetObject'],
            Resource: [`arn:aws:s3:::${BUCKET}/*`],
          },
        ],
      }),
    });
    await initProject(folder);
    await writeVersion(folder, '1.0.0');
    await run(['publish', await bundleAndSign(folder, '1.0.0'), ...STORE, ...PASSPHRASE]);
    await run(['device', 'update', 'device', ...newDevice, ...STORE]);
    await writeVersion(folder, '1.1.0', 2);
    second = await run(['publish', await bundleAndSign(folder, '1.1.0'), ...STORE, ...PASSPHRASE]);
  });

  const newDevice = ['--hardware', 'gw-a1', '--root', 'trust/1.root.json'];

  test('deltas are made from what the bucket holds', () => {
    expect(second.deltas.map(({ component, result }) => `${component} ${result}`).sort()).toEqual([
      'app shipped',
      'linux shipped',
      'radio shipped',
    ]);
  });

  test('a device updates from the bucket through deltas', async () => {
    const report = await run<UpdateReport>(['device', 'update', 'device', ...STORE]);
    expect(report.components.filter(({ action }) => action === 'delta')).toHaveLength(3);
    expect(await readFile(join(folder, 'device/slots/radio'))).toEqual(Buffer.from(hubFirmware('new')));
  });

  test('publishing the same again writes nothing', async () => {
    const again = await run<PublishReport>(['publish', 'gateway-1.1.0.ota', ...STORE, ...PASSPHRASE]);
    expect(again).toMatchObject({ changed: false, uploadedBytes: 0 });
  });

  test('immutable objects and the timestamp say how long they may be kept', async () => {
    const head = async (key: string) =>
      admin.headObject({ Bucket: BUCKET, Key: `fleet/gateway/metadata/${key}` });
    expect(await head('timestamp.json')).toMatchObject({
      CacheControl: 'no-cache',
      ContentType: 'application/json',
    });
    expect((await head('1.root.json')).CacheControl).toContain('immutable');
  });

  test('the whole repository is verified in the bucket, and over HTTP, which cannot list it', async () => {
    const root = ['--root', 'trust/1.root.json'];
    for (const quick of [[], ['--quick']]) {
      const inside = await run<RepositoryReport>(['verify', ...STORE, ...root, ...quick]);
      expect(inside).toMatchObject({ sound: true, counts: { releases: 2, deltas: 3, objects: 16 } });
      expect(inside.unreferenced?.superseded.map(({ key }) => key)).toContain('metadata/1.gateway.json');
      const outside = await run<RepositoryReport>(['verify', '--store', base, ...root, ...quick]);
      expect(outside).toMatchObject({ sound: true, counts: inside.counts });
      expect(outside).not.toHaveProperty('unreferenced');
    }
  });

  test('what is changed or deleted in the bucket is found, all of it at once', async () => {
    const { Contents = [] } = await admin.listObjectsV2({ Bucket: BUCKET, Prefix: 'fleet/gateway/targets/' });
    const keys = Contents.map(({ Key }) => Key ?? '');
    const gone = keys.find((key) => key.endsWith('.boot')) ?? '';
    const changed = keys.find((key) => key.endsWith('.radio')) ?? '';
    const restore: [string, Uint8Array][] = [];
    for (const Key of [gone, changed]) {
      const found = await admin.getObject({ Bucket: BUCKET, Key });
      restore.push([Key, (await found.Body?.transformToByteArray()) ?? new Uint8Array()]);
    }
    await admin.deleteObject({ Bucket: BUCKET, Key: gone });
    await admin.putObject({ Bucket: BUCKET, Key: changed, Body: 'changed' });
    const outcome = await ota(folder, ['verify', ...STORE, '--json'], CREDENTIALS);
    expect(outcome.exitCode).toBe(4);
    const { faults } = JSON.parse(outcome.stdout) as RepositoryReport;
    expect(faults.map(({ code, where }) => `${code} fleet/gateway/${where}`).sort()).toEqual([
      `length-mismatch ${changed}`,
      `target-missing ${gone}`,
    ]);
    for (const [Key, Body] of restore) await admin.putObject({ Bucket: BUCKET, Key, Body });
    expect(await run(['verify', ...STORE])).toMatchObject({ sound: true });
  });

  test('credentials that the store refuses leave it as it was', async () => {
    const before = await (
      await admin.getObject({ Bucket: BUCKET, Key: 'fleet/gateway/metadata/timestamp.json' })
    ).Body?.transformToString();
    const outcome = await ota(
      folder,
      ['publish', 'gateway-1.0.0.ota', '--channel', 'beta', ...STORE, ...PASSPHRASE, '--json'],
      { ...CREDENTIALS, AWS_SECRET_ACCESS_KEY: 'wrong' },
    );
    expect(outcome.exitCode).toBe(6);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: 'store-refused' } });
    const after = await (
      await admin.getObject({ Bucket: BUCKET, Key: 'fleet/gateway/metadata/timestamp.json' })
    ).Body?.transformToString();
    expect(after).toBe(before);
  });

  test('a release that an officer signed elsewhere is staged, signed by a response, and whole', async () => {
    await writeFile(join(folder, 'ota.yaml'), releaseFile('1.2.0', 3));
    await run(['bundle']);
    // Nobody signed the bundle; as long as no role names it, a device sees nothing of it.
    await ota(folder, ['publish', 'gateway-1.2.0.ota', '--stage', ...STORE, '--json'], CREDENTIALS);
    expect(await run<UpdateReport>(['device', 'update', 'early', ...newDevice, ...STORE])).toMatchObject({
      to: '1.1.0',
    });
    const request = 'gateway-1.2.0.request';
    await run([
      'sign',
      request,
      ...KEY,
      '--root',
      'trust/1.root.json',
      '--confirm',
      'gateway 1.2.0',
      '-o',
      'r',
      ...PASSPHRASE,
    ]);
    const published = await run<{ changed: boolean }>(['publish', request, 'r', ...STORE, ...PASSPHRASE]);
    expect(published.changed).toBe(true);
    expect(await run<UpdateReport>(['device', 'update', 'late', ...newDevice, ...STORE])).toMatchObject({
      to: '1.2.0',
    });
    expect(await run(['verify', ...STORE])).toMatchObject({ sound: true });
  });

  test('tuf-js walks the bucket from the first root, over HTTP', async () => {
    await mkdir(join(folder, 'tuf/targets'), { recursive: true });
    await cp(join(folder, 'trust/1.root.json'), join(folder, 'tuf/metadata/root.json'));
    const updater = new Updater({
      metadataDir: join(folder, 'tuf/metadata'),
      metadataBaseUrl: `${base}/metadata`,
      targetDir: join(folder, 'tuf/targets'),
      targetBaseUrl: `${base}/targets`,
    });
    await updater.refresh();
    const target = await updater.getTargetInfo('gateway/1.1.0/radio');
    if (!target) throw new Error('tuf-js finds no payload');
    const file = await updater.downloadTarget(target);
    expect((await readFile(file)).length).toBe(target.length);
  });
});
