import { expect, it } from 'vitest';
import { refusal } from '../support/client.ts';
import { type Asked, s3Fault } from '../support/fake-s3.ts';
import { s3OfFaults } from '../support/s3-scenario.ts';
import { faultScenario } from '../support/scenario.ts';

const scenario = await faultScenario();
const s3 = s3OfFaults();
const conflict = s3Fault(409, 'ConditionalRequestConflict');
const isWrite = ({ method, path }: Asked): boolean => method === 'PUT' && !path.includes('.ota-probe');

it('a write that meets another one (409) is tried again, each of them, and the publish completes', async () => {
  s3.fill(scenario.store);
  const met = new Map<string, number>();
  s3.fake.fault = (asked) => {
    const times = met.get(asked.path) ?? 0;
    if (!isWrite(asked) || times === 2) return undefined;
    met.set(asked.path, times + 1);
    scenario.counts.faults += 1;
    return conflict;
  };
  expect(await scenario.publishUnseen('1.1.0', await s3.open())).toMatchObject({
    changed: true,
    overtaken: 0,
  });
  expect(met.size).toBeGreaterThan(8);
  expect(await scenario.consistent(scenario.device(), s3.held())).toBe('1.1.0');
});

it('a write that always meets another one ends the publish with exit code 6, and the old release stays', async () => {
  s3.fill(scenario.store);
  await scenario.publishUnseen('1.1.0', await s3.open());
  const writes = s3.fake.asked.filter(isWrite).map(({ path }) => path);
  // The first file, the last role, and the timestamp; test/faults/every-request.test.ts has them all.
  for (const path of [writes[0], ...writes.slice(-2)]) {
    s3.fill(scenario.store);
    let tried = 0;
    s3.fake.fault = (asked) => {
      if (!isWrite(asked) || asked.path !== path) return undefined;
      tried += 1;
      return conflict;
    };
    const store = await s3.open();
    const error = await refusal(() => scenario.publishUnseen('1.1.0', store));
    scenario.counts.faults += 1;
    expect(error).toMatchObject({ code: 'store-conflict', exitCode: 6 });
    expect(tried).toBe(6);
    const device = scenario.device();
    expect(await scenario.consistent(device, s3.held())).toBe('1.0.0');
    s3.fake.fault = () => undefined;
    expect(await scenario.publishUnseen('1.1.0', store)).toMatchObject({ changed: true });
    expect(await scenario.consistent(device, s3.held())).toBe('1.1.0');
  }
});
