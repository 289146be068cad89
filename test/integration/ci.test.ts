import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { silent } from '../../src/core/progress.ts';
import { updateDevice } from '../../src/device/update.ts';
import { httpStore } from '../../src/storage/http.ts';
import { type CiProject, ciProject } from '../support/ci.ts';
import { HARDWARE, PRODUCT, STABLE } from '../support/release.ts';

const ceph = inject('ceph');
const endpoint = ceph?.endpoint ?? '';
const BUCKET = 'ota-jobs';
const PREFIX = 'fleet/gateway';
const JOBS = ['stage', 'publish', 'refresh', 'recall', 'prune'] as const;
type Job = (typeof JOBS)[number];
const PAGE = fileURLToPath(new URL('../../docs/bucket-policies.md', import.meta.url));

interface Policy {
  readonly Statement: readonly object[];
}

/** The policy of a job as the documentation has it, for this bucket and prefix and for one user. */
async function statementsOf(job: Job | 'devices'): Promise<readonly object[]> {
  const [, json] =
    new RegExp(`^## ${job}\\n[^#]*?\`\`\`json\\n([\\s\\S]*?)\`\`\``, 'm').exec(
      await readFile(PAGE, 'utf8'),
    ) ?? [];
  const text = (json ?? '')
    .replaceAll('arn:aws:s3:::updates/gateway/', `arn:aws:s3:::${BUCKET}/${PREFIX}/`)
    .replaceAll('arn:aws:s3:::updates"', `arn:aws:s3:::${BUCKET}"`);
  const Principal = job === 'devices' ? '*' : { AWS: [`arn:aws:iam:::user/${job}`] };
  return (JSON.parse(text) as Policy).Statement.map((statement) => ({ ...statement, Principal }));
}

const credentialsOf = (job: Job) => ({ accessKeyId: `${job}key`, secretAccessKey: `${job}secret` });
const client = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
  new S3({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });

describe.skipIf(ceph === null)(
  'the jobs of the CI on Ceph, each with the policy that is documented and no more',
  () => {
    let project: CiProject;
    const clients = new Map<Job, S3>();
    const as = (job: Job): S3 => clients.get(job) ?? expect.fail(job);

    const run = async (job: Job, script: string, args: readonly string[] = [], env = {}) => {
      const { accessKeyId, secretAccessKey } = credentialsOf(job);
      const outcome = await project.run(script, args, {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
        OTA_STORE: `s3://${BUCKET}/${PREFIX}`,
        OTA_ENDPOINT: endpoint,
        ...env,
      });
      expect(outcome, outcome.stderr).toMatchObject({ exitCode: 0 });
      return outcome.stdout;
    };

    beforeAll(async () => {
      const admin = client({
        accessKeyId: ceph?.accessKeyId ?? '',
        secretAccessKey: ceph?.secretAccessKey ?? '',
      });
      await admin.createBucket({ Bucket: BUCKET });
      const Statement = (await Promise.all([...JOBS, 'devices' as const].map(statementsOf))).flat();
      await admin.putBucketPolicy({
        Bucket: BUCKET,
        Policy: JSON.stringify({ Version: '2012-10-17', Statement }),
      });
      admin.destroy();
      for (const job of JOBS) clients.set(job, client(credentialsOf(job)));
      project = await ciProject('gitlab');
    });
    afterAll(() => {
      for (const each of clients.values()) each.destroy();
    });

    test('stage, publish, refresh, recall and prune do their work', async () => {
      for (const version of ['1.0.0', '1.1.0']) {
        await project.build(version);
        await run('stage', 'stage.sh', [`request-${version}`]);
        const response = await project.sign(`request-${version}`, version);
        await copyFile(response, join(project.folder, 'releases', version, 'ada.response'));
        expect(await run('publish', 'publish.sh', [`releases/${version}`])).toContain('Published');
      }
      expect(await run('refresh', 'refresh.sh')).toContain('Nothing is due');
      const recall = { OTA_RECALL: '1.0.0', OTA_TO: '1.1.0', OTA_REASON: 'a test' };
      expect(await run('recall', 'recall.sh', [], recall)).toContain('Recalled 1.0.0');
      expect(await run('prune', 'prune.sh')).toContain('Nothing to prune');
      const { to } = await updateDevice({
        folder: join(project.folder, 'device'),
        store: httpStore(`${endpoint}/${BUCKET}/${PREFIX}`),
        create: {
          product: PRODUCT,
          hardware: HARDWARE,
          channel: STABLE,
          rootBytes: await readFile(join(project.folder, 'trust/1.root.json')),
        },
        now: Math.floor(Date.now() / 1000),
        progress: silent,
      });
      expect(to).toBe('1.1.0');
    }, 240_000);

    test('and nothing else', async () => {
      const at = (key: string) => ({ Bucket: BUCKET, Key: `${PREFIX}/${key}` });
      const timestamp = at('metadata/timestamp.json');
      const put = (job: Job, key: string) => () => as(job).putObject({ ...at(key), Body: 'x' });
      const remove = (job: Job, key: string) => () => as(job).deleteObject(at(key));
      const refused: Readonly<Record<string, () => Promise<unknown>>> = {
        'stage writes metadata': put('stage', 'metadata/timestamp.json'),
        'stage deletes': remove('stage', 'targets/x'),
        'publish deletes': remove('publish', 'metadata/1.snapshot.json'),
        'publish deletes a payload': remove('publish', 'targets/x'),
        'publish writes beside the prefix': () =>
          as('publish').putObject({ Bucket: BUCKET, Key: 'other', Body: 'x' }),
        'refresh writes a payload': put('refresh', 'targets/gateway/1.0.0/x'),
        'refresh deletes': remove('refresh', 'metadata/1.snapshot.json'),
        'recall writes a payload': put('recall', 'targets/gateway/1.0.0/x'),
        'prune writes': put('prune', 'metadata/timestamp.json'),
        'prune writes a payload': put('prune', 'targets/x'),
      };
      for (const [what, attempt] of Object.entries(refused)) {
        await expect(attempt(), what).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
      }
      // Deleting what is not there is allowed to who may delete, so that the refusals above are ones of the policy.
      await remove('prune', 'targets/gateway/1.0.0/nothing')();
      await expect(as('publish').getObject(timestamp)).resolves.toMatchObject({ CacheControl: 'no-cache' });
      expect((await fetch(`${endpoint}/${BUCKET}/${timestamp.Key}`)).status).toBe(200);
      expect((await fetch(`${endpoint}/${BUCKET}?list-type=2`)).status).toBe(403);
      expect(
        (await fetch(`${endpoint}/${BUCKET}/${PREFIX}/metadata/x`, { method: 'PUT', body: 'x' })).status,
      ).toBe(403);
    });
  },
);
