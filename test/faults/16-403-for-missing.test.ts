import { expect, it } from 'vitest';
import { httpStore } from '../../src/storage/http.ts';
import { refusal } from '../support/client.ts';
import { s3Fault } from '../support/fake-s3.ts';
import { s3OfFaults } from '../support/s3-scenario.ts';
import { faultScenario } from '../support/scenario.ts';
import { WritableStore } from '../support/writable-store.ts';

const scenario = await faultScenario();
const s3 = s3OfFaults();

/** A bucket that may not be listed says that what is missing is forbidden. */
function hideWhatIsMissing(): void {
  s3.fake.fault = ({ method, path }) => {
    if (!/^(?:GET|HEAD)$/.test(method) || s3.fake.objects.has(path)) return undefined;
    scenario.counts.faults += 1;
    return s3Fault(403, 'AccessDenied');
  };
}

it('a store that answers 403 for each missing object is published to and read like any other', async () => {
  s3.fill(new WritableStore());
  hideWhatIsMissing();
  const store = await s3.open();
  const device = scenario.device();
  for (const version of ['1.0.0', '1.1.0'] as const) {
    expect(await scenario.publishUnseen(version, store)).toMatchObject({ changed: true });
    expect(await scenario.consistent(device, httpStore(`${s3.fake.url}/bucket/ota/`))).toBe(version);
  }
});

it('a refusal that is not about one object is not taken for a missing one', async () => {
  for (const code of [
    'InvalidAccessKeyId',
    'SignatureDoesNotMatch',
    'ExpiredToken',
    'RequestTimeTooSkewed',
  ]) {
    s3.fill(scenario.store);
    s3.fake.fault = () => s3Fault(403, code);
    const error = await refusal(async () => scenario.publishUnseen('1.1.0', await s3.open()));
    scenario.counts.faults += 1;
    expect(error).toMatchObject({ code: 'store-refused', exitCode: 6 });
    expect(s3.held().objects).toEqual(scenario.store.objects);
  }
});
