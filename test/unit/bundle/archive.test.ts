import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { entryHeader } from '../../../src/bundle/archive/header.ts';
import { writeArchive } from '../../../src/bundle/archive/write.ts';
import { openBundle } from '../../../src/bundle/open.ts';
import { signBundleFile } from '../../../src/bundle/sign.ts';
import { concatBytes, utf8 } from '../../../src/core/bytes.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { memorySource } from '../../../src/core/source.ts';
import { sharedFolder } from '../../support/folder.ts';
import { bundle, keysOf, signer, verifyBytes, writeProduct } from './fixture.ts';

const folder = sharedFolder();
const alice = signer(1);
let bytes: Uint8Array;

beforeAll(async () => {
  writeProduct(folder);
  await bundle(folder, { sourceDateEpoch: 1_700_000_000 });
  await signBundleFile(join(folder, 'out.ota'), [alice]);
  bytes = new Uint8Array(readFileSync(join(folder, 'out.ota')));
});

const refusal = async (changed: Uint8Array): Promise<OtaError> => {
  const error = await verifyBytes(changed, keysOf(alice)).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(OtaError);
  return error as OtaError;
};

describe('a bundle', () => {
  test('the honest twin of all refusals verifies', async () => {
    await verifyBytes(bytes, keysOf(alice));
  });

  test('what the archive writer writes is what the reader builds', async () => {
    const entries = [
      {
        path: 'payloads/a',
        length: 600,
        open: async function* () {
          yield new Uint8Array(600).fill(7);
        },
      },
      { path: `extras/${'x'.repeat(93)}`, length: 0, open: async function* () {} },
    ];
    const pieces: Uint8Array[] = [];
    for await (const piece of writeArchive(entries, 2 ** 31 - 1)) pieces.push(piece);
    const [a, b] = entries.map((entry) => entryHeader(entry, 2 ** 31 - 1));
    const body = new Uint8Array(1024).fill(7, 0, 600);
    expect(concatBytes(...pieces)).toEqual(concatBytes(a ?? body, body, b ?? body, new Uint8Array(1024)));
  });

  test('a source that fails, or gives too little, fails the archive', async () => {
    const read = async (open: () => AsyncIterable<Uint8Array>) => {
      for await (const _ of writeArchive([{ path: 'a', length: 10, open }], 0));
    };
    await expect(
      read(async function* () {
        yield new Uint8Array(5);
        throw new OtaError('input-changed', 'x');
      }),
    ).rejects.toMatchObject({ code: 'input-changed' });
    await expect(
      read(async function* () {
        yield new Uint8Array(5);
      }),
    ).rejects.toThrow();
  });
});

test('what is held in memory does not grow with the content', async () => {
  const length = 400 << 20;
  const open = async function* () {
    for (let given = 0; given < length; given += 1 << 20) yield new Uint8Array(1 << 20);
  };
  let most = 0;
  for await (const _ of writeArchive([{ path: 'a', length, open }], 0)) {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  expect(most).toBeLessThan(200 << 20);
});

describe('every byte counts', () => {
  test('one byte flipped, at every position, is refused', async () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const error = await verifyBytes(changed, keysOf(alice)).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      expect(error, `byte ${at}`).toBeInstanceOf(OtaError);
      expect(error, `byte ${at}`).toMatchObject({ category: 'verification' });
    }
  });

  test('cut short after every block, it is refused', async () => {
    for (let length = 0; length < bytes.length; length += 512) {
      await refusal(bytes.subarray(0, length));
      await refusal(bytes.subarray(0, length + 511));
    }
  });

  test('with more at its end, it is refused', async () => {
    for (const more of [1, 512, 10_240]) {
      const error = await refusal(concatBytes(bytes, new Uint8Array(more)));
      expect(error.message).toContain(`${more} bytes follow its end`);
    }
  });
});

describe('hostile archives', () => {
  const offsets = () => {
    const found: number[] = [];
    for (let at = 0; at < bytes.length; at += 512) {
      if (Buffer.from(bytes.subarray(at + 257, at + 262)).toString() === 'ustar') found.push(at);
    }
    return found;
  };
  /** The header of the n-th entry changed, with a right checksum. */
  const withHeader = (entry: number, edit: (header: Buffer) => void): Uint8Array => {
    const changed = Uint8Array.from(bytes);
    const at = offsets()[entry] ?? 0;
    const header = Buffer.from(changed.buffer, at, 512);
    edit(header);
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')} \0`, 148);
    return changed;
  };
  const named = (name: string) => (header: Buffer) => {
    header.fill(0, 0, 100);
    header.write(name);
  };

  test.each<[string, (header: Buffer) => void, string]>([
    [
      'a symbolic link',
      (header) => header.write('2/etc/passwd', 156),
      'a symbolic link "payloads/linux" stands',
    ],
    ['a hard link', (header) => header.write('1manifest.json', 156), 'a hard link'],
    ['a directory', (header) => header.write('5', 156), 'a directory'],
    ['a device', (header) => header.write('3', 156), 'a device'],
    ['a pax header', (header) => header.write('x', 156), 'a pax header'],
    ['a GNU long name', (header) => header.write('L', 156), 'a long name'],
    ['an absolute path', named('/etc/passwd'), 'a file "/etc/passwd" stands'],
    ['a path that goes up', named('../../etc/passwd'), 'a file "../../etc/passwd" stands'],
    ['a backslash', named('payloads\\linux'), 'a file "payloads\\\\linux" stands'],
    ['another case', named('payloads/LINUX'), 'a file "payloads/LINUX" stands'],
    ['a prefix', (header) => header.write('x', 345), 'a header for payloads/linux was expected'],
    ['an owner', (header) => header.write('root', 265), 'a header for payloads/linux was expected'],
    ['an executable', (header) => header.write('000755', 100), 'a header for payloads/linux was expected'],
    [
      'a size in base 256',
      (header) => header.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], 124),
      'a header for payloads/linux was expected',
    ],
  ])('%s in place of a payload', async (_, edit, message) => {
    const error = await refusal(withHeader(2, edit));
    expect(error.code).toBe('bundle-invalid');
    expect(error.message).toContain(message);
  });

  test('a manifest with a size in base 256', async () => {
    const error = await refusal(withHeader(0, (header) => header.set([0x80, 0, 0, 0xff], 124)));
    expect(error.code).toBe('bundle-invalid');
  });

  test('a manifest of 8 GiB is refused before it is read', async () => {
    const error = await refusal(withHeader(0, (header) => header.write('77777777777', 124)));
    expect(error.message).toContain('its manifest would have 8589934591 bytes');
  });

  test('an entry more, before, between and after', async () => {
    const extra = concatBytes(
      entryHeader({ path: 'payloads/evil', length: 512 }, 1_700_000_000),
      new Uint8Array(512),
    );
    for (const at of [...offsets(), bytes.length - 1024]) {
      await refusal(concatBytes(bytes.subarray(0, at), extra, bytes.subarray(at)));
    }
  });

  test('an entry less, and two entries exchanged', async () => {
    const [, , a = 0, b = 0, c = 0] = offsets();
    await refusal(concatBytes(bytes.subarray(0, a), bytes.subarray(b)));
    await refusal(
      concatBytes(bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c)),
    );
  });

  test('what is no archive at all', async () => {
    for (const text of ['', '{"a": 1}', 'x'.repeat(5000), '\0'.repeat(5000)]) {
      await expect(openBundle(memorySource(utf8(text)))).rejects.toMatchObject({ code: 'bundle-invalid' });
    }
  });
});
