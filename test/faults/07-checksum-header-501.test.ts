import { expect, it } from 'vitest';
import { refusal } from '../support/client.ts';
import { s3Fault } from '../support/fake-s3.ts';
import { s3OfFaults } from '../support/s3-scenario.ts';
import { faultScenario } from '../support/scenario.ts';

const scenario = await faultScenario();
const s3 = s3OfFaults();

it('a store that does not know the checksum header (501) is asked once, and then sent none', async () => {
  s3.fill(scenario.store, { checksum: 'unsupported' });
  expect(await scenario.publishUnseen('1.1.0', await s3.open())).toMatchObject({ changed: true });
  scenario.counts.faults += 1;
  const withChecksum = s3.fake.asked.filter(({ headers }) => headers['x-amz-checksum-sha256'] !== undefined);
  expect(withChecksum).toHaveLength(1);
  expect(withChecksum[0]?.path).toContain('.ota-probe');
  // The signature of each request covers its bytes all the same.
  const writes = s3.fake.asked.filter(({ method }) => method === 'PUT');
  expect(writes.every(({ headers }) => /^[0-9a-f]{64}$/.test(String(headers['x-amz-content-sha256'])))).toBe(
    true,
  );
  expect(await scenario.consistent(scenario.device(), s3.held())).toBe('1.1.0');
});

it('a store that answers 501 to everything is said to be unsafe, and nothing is written', async () => {
  s3.fill(scenario.store);
  s3.fake.fault = ({ method }) => (method === 'PUT' ? s3Fault(501, 'NotImplemented') : undefined);
  const error = await refusal(async () => scenario.publishUnseen('1.1.0', await s3.open()));
  scenario.counts.faults += 1;
  expect(error).toMatchObject({ code: 'store-unsafe', exitCode: 6 });
  expect(s3.held().objects).toEqual(scenario.store.objects);
});
