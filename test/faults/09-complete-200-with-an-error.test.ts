import { expect, it } from 'vitest';
import { refusal } from '../support/client.ts';
import { s3Fault } from '../support/fake-s3.ts';
import { isComplete, largeUpload } from '../support/large-upload.ts';

const test = await largeUpload();

it('an error inside a 200 is a failure: no metadata names the object, and the next run completes', async () => {
  test.fill();
  test.s3.fake.fault = (asked) =>
    isComplete(asked) ? { ...s3Fault(500, 'InternalError'), status: 200 } : undefined;
  const error = await refusal(test.publish);
  test.counts.faults += 1;
  expect(error).toMatchObject({ code: 'store-failed', exitCode: 6 });
  const device = test.device();
  await test.expectOld(device);
  test.s3.fake.fault = () => undefined;
  expect(await test.publish()).toMatchObject({ changed: true });
  await test.expectNew(device);
});
