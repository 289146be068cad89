import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { S3 } from '@aws-sdk/client-s3';
import { startCeph, whyNoCeph } from '../test/support/ceph.ts';
import { isInstalled, type Measured, measure, median } from './measure.ts';

const BIN = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const MEBIBYTES = 1024;
/** Of the component that changes in the second release. */
const SMALL_MEBIBYTES = 1;
const RUNS = 3;
const BUCKET = 'ota-bench';

type Row = Readonly<Record<string, string | number>>;

/**
 * Publishing an incompressible image of 1 GiB and a small one: to a folder beside `cp`, to Ceph beside what is installed of `rclone` and
 * `aws`; then a second release in which the small one has changed.
 */
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
    '--component',
    'small:app:build/small.bin',
  ]);
  await mkdir(join(folder, 'build'));
  await noise(join(folder, 'build/image.bin'), MEBIBYTES);
  const yaml = await readFile(join(folder, 'ota.yaml'), 'utf8');
  const first = yaml.replaceAll('compression: zstd', 'compression: none\n    delta: false');
  // The small component is the last whose version the file says.
  const at = first.lastIndexOf('version: 1.0.0');
  const second = `${first.slice(0, at)}version: 1.1.0${first.slice(at + 14)}`.replace(
    'version: 1.0.0',
    'version: 1.1.0',
  );
  for (const [version, text, seed] of [
    ['1.0.0', first, 1],
    ['1.1.0', second, 2],
  ] as const) {
    await noise(join(folder, 'build/small.bin'), SMALL_MEBIBYTES, seed);
    await writeFile(join(folder, 'ota.yaml'), text);
    ota(folder, ['bundle']);
    ota(folder, ['sign', `bench-${version}.ota`, ...PASSPHRASE]);
  }
}

async function toFolder(folder: string): Promise<readonly Row[]> {
  const [first, second, theirs]: [Measured[], Measured[], Measured[]] = [[], [], []];
  for (let run = 0; run < RUNS; run += 1) {
    const store = ['--store', `./store-${run}`, ...PASSPHRASE];
    first.push(ota(folder, ['publish', 'bench-1.0.0.ota', ...store]));
    theirs.push(measure('sh', ['-c', 'cp build/image.bin copy && sync copy'], { cwd: folder }));
    second.push(ota(folder, ['publish', 'bench-1.1.0.ota', ...store]));
    await rm(join(folder, `store-${run}`), { recursive: true });
  }
  return [
    row('a folder', first, 'cp, sync', theirs),
    row('a folder, 1 MiB changed', second, 'the first release', first),
  ];
}

async function toCeph(folder: string): Promise<readonly Row[]> {
  const why = whyNoCeph();
  if (why !== undefined) return [{ store: 'Ceph', 'ota s': `not measured: ${why}` }];
  const ceph = await startCeph();
  const admin = new S3({
    endpoint: ceph.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: ceph.accessKeyId, secretAccessKey: ceph.secretAccessKey },
  });
  try {
    // The endpoint is plain HTTP; a bundle of certificates for others would only stop rclone.
    const credentials = {
      AWS_CA_BUNDLE: '',
      AWS_ACCESS_KEY_ID: ceph.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ceph.secretAccessKey,
    };
    // The first bucket and the first object take Ceph seconds.
    await admin.createBucket({ Bucket: BUCKET });
    await admin.putObject({ Bucket: BUCKET, Key: 'warm', Body: 'warm' });
    const tools = clients(ceph.endpoint).filter(([, program]) => isInstalled(program));
    const theirs = new Map(tools.map(([name]) => [name, [] as Measured[]]));
    const [first, second]: [Measured[], Measured[]] = [[], []];
    // All of them in each round, so that what else the machine does meets all of them.
    for (let run = 0; run < RUNS; run += 1) {
      const store = ['--store', `s3://${BUCKET}/ota-${run}`, '--endpoint', ceph.endpoint, ...PASSPHRASE];
      for (const [name, program, args] of tools) {
        theirs
          .get(name)
          ?.push(measure(program, args(`${program}-${run}`), { cwd: folder, env: credentials }));
        await empty(admin);
      }
      first.push(ota(folder, ['publish', 'bench-1.0.0.ota', ...store], credentials));
      second.push(ota(folder, ['publish', 'bench-1.1.0.ota', ...store], credentials));
      await empty(admin);
    }
    return [
      ...[...theirs].map(([name, measured]) => row('Ceph', first, name, measured)),
      row('Ceph, 1 MiB changed', second, 'the first release', first),
    ];
  } finally {
    admin.destroy();
    await ceph.stop();
  }
}

/** Removes all objects and gives Ceph, which holds them in memory here, the time to let go of them. */
async function empty(admin: S3): Promise<void> {
  const { Contents = [] } = await admin.listObjectsV2({ Bucket: BUCKET });
  for (const { Key = '' } of Contents) await admin.deleteObject({ Bucket: BUCKET, Key });
  await sleep(5000);
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

function row(store: string, ours: readonly Measured[], name: string, theirs: readonly Measured[]): Row {
  const [a, b] = [median(ours), median(theirs)];
  return {
    store,
    'ota s': a.seconds.toFixed(2),
    'ota CPU s': a.cpuSeconds?.toFixed(1) ?? '-',
    'ota MB': a.megabytes ?? '-',
    beside: name,
    s: b.seconds.toFixed(2),
    'CPU s': b.cpuSeconds?.toFixed(1) ?? '-',
    ratio: (a.seconds / b.seconds).toFixed(2),
  };
}

/** Bytes that do not compress, the same each time. */
export async function noise(path: string, mebibytes: number, seed = 0): Promise<void> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  const zeros = Buffer.alloc(1 << 20);
  const file = createWriteStream(path);
  for (let i = 0; i < mebibytes; i += 1) if (!file.write(cipher.update(zeros))) await once(file, 'drain');
  file.end();
  await once(file, 'close');
}
