import { expect, it } from 'vitest';
import { refusal } from '../support/client.ts';
import { s3Fault } from '../support/fake-s3.ts';
import { s3OfFaults } from '../support/s3-scenario.ts';
import { faultScenario } from '../support/scenario.ts';

const scenario = await faultScenario();
const s3 = s3OfFaults();

it('credentials that expire at any request leave the old release, and new ones complete the publish', async () => {
  s3.fill(scenario.store);
  await scenario.publishUnseen('1.1.0', await s3.open());
  const last = s3.fake.asked.findLastIndex(({ method }) => method === 'PUT') + 1;
  expect(last).toBeGreaterThan(20);
  // Each sixth request; test/faults/every-request.test.ts has them all.
  for (let number = 2; number <= last; number += 6) {
    s3.fill(scenario.store);
    s3.fake.fault = () => (s3.fake.asked.length >= number ? s3Fault(403, 'ExpiredToken') : undefined);
    const error = await refusal(async () => scenario.publishUnseen('1.1.0', await s3.open()));
    scenario.counts.faults += 1;
    expect(error).toMatchObject({ code: 'store-refused', exitCode: 6 });
    expect(error.hint).toContain('new credentials');
    const device = scenario.device();
    expect(await scenario.consistent(device, s3.held())).toBe('1.0.0');

    const there = new Set(s3.fake.objects.keys());
    s3.fake.fault = () => undefined;
    s3.fake.asked.length = 0;
    expect(await scenario.publishUnseen('1.1.0', await s3.open())).toMatchObject({ changed: true });
    const sentAgain = s3.fake.asked.filter(({ method, path }) => method === 'PUT' && there.has(path));
    expect(sentAgain.map(({ path }) => path)).toEqual(['bucket/ota/metadata/timestamp.json']);
    expect(await scenario.consistent(device, s3.held())).toBe('1.1.0');
  }
});
