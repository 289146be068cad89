// Publishes a bundle, as a process of its own, when a line comes on its input; what it is told is one JSON argument.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { withOpenBundle } from '../../src/bundle/files.ts';
import { parseName } from '../../src/core/names.ts';
import { silent } from '../../src/core/progress.ts';
import { signerFromSeed } from '../../src/keys/ed25519.ts';
import { publish } from '../../src/publish/publish.ts';
import { openStore } from '../../src/storage/open.ts';
import type { PublisherTask } from './publishers.ts';

const task: PublisherTask = JSON.parse(process.argv[2] ?? '');
const store = await openStore(task.store, task.endpoint === undefined ? {} : { endpoint: task.endpoint });
const scratch = mkdtempSync(join(tmpdir(), 'ota-test-'));
process.stdout.write('ready\n');
await new Promise((go) => process.stdin.once('data', go));
try {
  const report = await withOpenBundle(task.bundle, (bundle) =>
    publish({
      bundle,
      store,
      trust: {
        roots: task.roots.map((root) => Buffer.from(root, 'base64')),
        targetsBytes: Buffer.from(task.targets, 'base64'),
      },
      signers: [1, 2].map((seed) => signerFromSeed(new Uint8Array(32).fill(seed))),
      channel: parseName('stable', 'the channel'),
      deltasFrom: 1,
      keep: { releases: 100, versions: [] },
      now: task.now,
      progress: silent,
      scratch,
    }),
  );
  process.stdout.write(`${JSON.stringify(report)}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exit();
