import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../../src/core/bytes.ts';
import { freshFolder } from '../../support/folder.ts';
import { makeBundle, makeTrust, publishFile } from '../../support/release.ts';
import { WritableStore } from '../../support/writable-store.ts';
import { gzipped, wordy } from '../delta/contain/support.ts';

const folder = freshFolder();
const OLD = wordy(30_000, 5);
const NEW = concatBytes(OLD.subarray(0, 3000), utf8('a change'), OLD.subarray(3000));

describe('the deltas of a component whose image is packed', () => {
  it('unpack it as far as its devices can pack it again', async () => {
    const store = new WritableStore();
    const options = { store, trust: await makeTrust(), scratch: folder.at('scratch') };
    const [old, fresh] = [await gzipped(OLD), await gzipped(NEW)];
    const publish = async (version: string, image: Uint8Array) => {
      const components = {
        all: { image },
        some: { image, delta: { unpack: ['zlib-1.2'] } },
        others: { image, delta: { unpack: ['zstd-1.5.4'] } },
        none: { image, delta: { unpack: false } },
      } as const;
      return publishFile(await makeBundle(folder.at(), { version, components }), options);
    };
    await publish('1.0.0', old);
    const { deltas } = await publish('1.1.0', fresh);
    const lengths = Object.fromEntries(deltas.map(({ component, length = 0 }) => [component, length]));
    expect(lengths).toMatchObject({
      all: expect.toSatisfy((length: number) => length > 0 && length < 400),
      some: lengths.all,
      others: expect.toSatisfy((length: number) => length > 5000),
      none: lengths.others,
    });
  });
});
