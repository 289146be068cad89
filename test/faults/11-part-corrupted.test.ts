import { expect, it } from 'vitest';
import { refusal } from '../support/client.ts';
import type { Asked } from '../support/fake-s3.ts';
import { isPart, largeUpload } from '../support/large-upload.ts';

const test = await largeUpload();
const flip = ({ body }: Asked): void => void body.writeUInt8(body.readUInt8(7) ^ 1, 7);

it.each([2])(
  'part %i arrives with other bytes: its checksum refuses it, and nothing is left of the upload',
  async (number) => {
    test.fill();
    test.s3.fake.fault = (asked) => {
      if (isPart(asked) && asked.query.get('partNumber') === String(number)) flip(asked);
      return undefined;
    };
    const error = await refusal(test.publish);
    test.counts.faults += 1;
    expect(error).toMatchObject({ code: 'store-failed', exitCode: 6 });
    const device = test.device();
    await test.expectOld(device);
    test.s3.fake.fault = () => undefined;
    await test.publish();
    await test.expectNew(device);
  },
);

it('a small file that arrives with other bytes is refused too', async () => {
  test.fill();
  test.s3.fake.fault = (asked) => {
    if (asked.method === 'PUT' && asked.path.endsWith('.manifest.json')) flip(asked);
    return undefined;
  };
  expect(await refusal(test.publish)).toMatchObject({ code: 'store-failed', exitCode: 6 });
  test.counts.faults += 1;
  await test.expectOld(test.device());
});
