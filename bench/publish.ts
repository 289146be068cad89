import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { S3 } from '@aws-sdk/client-s3';
import { startCeph, whyNoCeph } from '../test/support/ceph.ts';
import { isInstalled, type Measured, measure, median } from './measure.ts';

const BIN = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const MEBIBYTES = 256;
const RUNS = 3;
const BUCKET = 'ota-bench';

type Row = Readonly<Record<string, string | number>>;

/** Publishing one incompressible image: to a folder beside `cp`, to Ceph beside what is installed of `rclone` and `aws`. */
export async function benchPublish(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ota-bench-'));
  try {
    await project(folder);
    return [...(await toFolder(folder)), ...(await toCeph(folder))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const ota = (folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Measured =>
  measure(process.execPath, [BIN, ...args], { cwd: folder, env });

const PASSPHRASE = ['--passphrase-file', 'keys/passphrase.txt'];

async function project(folder: string): Promise<void> {
  ota(folder, [
    'init',
    '--yes',
    '--product',
    'bench',
    '--hardware',
    'h',
    '--component',
    'image:os:build/image.bin',
  ]);
  await mkdir(join(folder, 'build'));
  await noise(join(folder, 'build/image.bin'), MEBIBYTES);
  const yaml = await readFile(join(folder, 'ota.yaml'), 'utf8');
  await writeFile(join(folder, 'ota.yaml'), yaml.replace('compression: zstd', 'compression: none'));
  ota(folder, ['bundle']);
  ota(folder, ['sign', 'bench-1.0.0.ota', ...PASSPHRASE]);
}

async function toFolder(folder: string): Promise<readonly Row[]> {
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    ours.push(ota(folder, ['publish', 'bench-1.0.0.ota', '--store', `./store-${run}`, ...PASSPHRASE]));
    theirs.push(measure('sh', ['-c', 'cp build/image.bin copy && sync copy'], { cwd: folder }));
    await rm(join(folder, `store-${run}`), { recursive: true });
  }
  return [row('a folder', ours, 'cp, sync', theirs)];
}

async function toCeph(folder: string): Promise<readonly Row[]> {
  const why = whyNoCeph();
  if (why !== undefined) return [{ store: 'Ceph', 'ota s': `not measured: ${why}` }];
  const ceph = await startCeph();
  try {
    // The endpoint is plain HTTP; a bundle of certificates for others would only stop rclone.
    const credentials = {
      AWS_CA_BUNDLE: '',
      AWS_ACCESS_KEY_ID: ceph.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ceph.secretAccessKey,
    };
    await warmUp(ceph.endpoint, ceph.accessKeyId, ceph.secretAccessKey);
    const rows: Row[] = [];
    for (const [name, program, args] of clients(ceph.endpoint)) {
      if (!isInstalled(program)) {
        rows.push({ store: 'Ceph', beside: `${name}: not installed` });
        continue;
      }
      const ours: Measured[] = [];
      const theirs: Measured[] = [];
      for (let run = 0; run < RUNS; run += 1) {
        const store = `s3://${BUCKET}/${program}-${run}`;
        ours.push(
          ota(
            folder,
            ['publish', 'bench-1.0.0.ota', '--store', store, '--endpoint', ceph.endpoint, ...PASSPHRASE],
            credentials,
          ),
        );
        theirs.push(measure(program, args(`${program}-plain-${run}`), { cwd: folder, env: credentials }));
      }
      rows.push(row('Ceph', ours, name, theirs));
    }
    return rows;
  } finally {
    await ceph.stop();
  }
}

const clients = (endpoint: string) =>
  [
    [
      'rclone copyto',
      'rclone',
      (key: string) => [
        'copyto',
        'build/image.bin',
        `:s3,provider=Ceph,env_auth=true,endpoint='${endpoint}':${BUCKET}/${key}`,
      ],
    ],
    [
      'aws s3 cp',
      'aws',
      (key: string) => [
        '--endpoint-url',
        endpoint,
        '--region',
        'us-east-1',
        's3',
        'cp',
        'build/image.bin',
        `s3://${BUCKET}/${key}`,
      ],
    ],
  ] as const;

/** The first bucket and the first object take Ceph seconds. */
async function warmUp(endpoint: string, accessKeyId: string, secretAccessKey: string): Promise<void> {
  const admin = new S3({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  await admin.createBucket({ Bucket: BUCKET });
  await admin.putObject({ Bucket: BUCKET, Key: 'warm', Body: 'warm' });
  admin.destroy();
}

function row(store: string, ours: readonly Measured[], name: string, theirs: readonly Measured[]): Row {
  const [a, b] = [median(ours), median(theirs)];
  return {
    store,
    'ota s': a.seconds.toFixed(2),
    'ota MB': a.megabytes ?? '-',
    beside: name,
    s: b.seconds.toFixed(2),
    ratio: (a.seconds / b.seconds).toFixed(2),
  };
}

/** Bytes that do not compress, the same each time. */
async function noise(path: string, mebibytes: number): Promise<void> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const zeros = Buffer.alloc(1 << 20);
  const file = createWriteStream(path);
  for (let i = 0; i < mebibytes; i += 1) if (!file.write(cipher.update(zeros))) await once(file, 'drain');
  file.end();
  await once(file, 'close');
}
