import { expect, it } from 'vitest';
import { seal } from '../../src/core/digest.ts';
import { memoryBody } from '../../src/storage/body.ts';
import { directoryStore } from '../../src/storage/directory.ts';
import { faultScenario } from '../support/scenario.ts';
import { WritableStore } from '../support/writable-store.ts';

const scenario = await faultScenario();
const { folder } = scenario;

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
