import { expect, it } from 'vitest';
import { refusal } from '../support/client.ts';
import { s3Fault } from '../support/fake-s3.ts';
import { isComplete, largeUpload } from '../support/large-upload.ts';

const test = await largeUpload();

it('where the answer is lost and the upload is gone, an object with the right digest is the upload', async () => {
  test.fill();
  let asked = 0;
  test.s3.fake.fault = (request) => {
    if (!isComplete(request)) return undefined;
    asked += 1;
    return asked === 1 ? 'lose' : undefined;
  };
  expect(await test.publish()).toMatchObject({ changed: true });
  test.counts.faults += 1;
  // The client asked again by itself, and was told NoSuchUpload.
  expect(asked).toBe(2);
  await test.expectNew(test.device());
});

it('and one with another digest is not: nothing names it', async () => {
  test.fill();
  const { fake } = test.s3;
  let theirs = '';
  fake.fault = (request) => {
    if (!isComplete(request)) return undefined;
    theirs = request.path;
    fake.uploads.clear();
    fake.objects.set(theirs, { bytes: Buffer.from('theirs'), etag: '"x"', headers: {} });
    return s3Fault(404, 'NoSuchUpload');
  };
  const error = await refusal(test.publish);
  test.counts.faults += 1;
  expect(error).toMatchObject({
    code: 'store-mismatch',
    exitCode: 6,
    where: theirs.replace('bucket/', 's3://bucket/'),
  });
  const device = test.device();
  await test.expectOld(device);
  fake.fault = () => undefined;
  fake.objects.delete(theirs);
  await test.publish();
  await test.expectNew(device);
});
