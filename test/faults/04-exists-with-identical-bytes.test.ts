import { beforeAll, expect, it, vi } from 'vitest';
import { seal } from '../../src/core/digest.ts';
import { memoryBody } from '../../src/storage/body.ts';
import { directoryStore } from '../../src/storage/directory.ts';
import { sharedFolder } from '../support/folder.ts';
import { makeScenario, type Scenario } from '../support/scenario.ts';
import { WritableStore } from '../support/writable-store.ts';

vi.mock('../../src/keys/ed25519.ts', async (original) =>
  (await import('../support/memoized.ts')).memoized(
    await original<typeof import('../../src/keys/ed25519.ts')>(),
  ),
);
vi.mock('node:fs/promises', async (original) =>
  (await import('../support/faulty-fs.ts')).faultyFs(await original<typeof import('node:fs/promises')>()),
);

let scenario: Scenario;
const folder = sharedFolder();
beforeAll(async () => {
  scenario = await makeScenario(folder);
});

it.each(['memory', 'directory'])('what is there already counts as uploaded: %s', async (kind) => {
  const whole = new WritableStore();
  const first = await scenario.publish('1.0.0', whole);
  expect(first.targets.every(({ status }) => status === 'uploaded')).toBe(true);

  const store = kind === 'memory' ? new WritableStore() : directoryStore(`${folder}/${kind}`);
  for (const [key, bytes] of whole.objects) {
    if (key.endsWith('timestamp.json')) continue;
    await store.create(key, memoryBody(seal(bytes)), { contentType: 'x', cacheControl: 'x' });
  }
  const report = await scenario.publish('1.0.0', store);
  expect(report.changed).toBe(true);
  expect(report.targets.map(({ status }) => status)).toEqual(first.targets.map(() => 'present'));
  expect(report.uploadedBytes).toBe(0);
  expect(await scenario.consistent(`${folder}/device-${kind}`, store)).toBe('1.0.0');
});
