import { expect, it } from 'vitest';
import { isComplete, isPart, isStart, largeUpload } from '../support/large-upload.ts';

const test = await largeUpload();

it.each([
  ['after the upload was begun', isStart],
  ['after the first part', isPart],
  ['before it was put together', isComplete],
] as const)(
  'a publisher that dies %s leaves devices the old release, and the next run leaves no upload',
  async (_, at) => {
    test.fill();
    const { fake } = test.s3;
    let dead = false;
    fake.fault = (asked) => {
      // Nobody is there any more who could tidy up.
      if (dead) return 'drop';
      dead = at(asked);
      return dead ? (at === isComplete ? 'drop' : 'lose') : undefined;
    };
    await expect(test.publish()).rejects.toMatchObject({ exitCode: 6 });
    test.counts.faults += 1;
    test.counts.cuts += 1;
    expect(fake.uploads.size).toBe(1);
    const left = new Map(fake.uploads);
    fake.uploads.clear();
    const device = test.device();
    await test.expectOld(device);
    for (const [id, upload] of left) fake.uploads.set(id, upload);

    fake.fault = () => undefined;
    expect(await test.publish()).toMatchObject({ changed: true });
    await test.expectNew(device);
  },
);
