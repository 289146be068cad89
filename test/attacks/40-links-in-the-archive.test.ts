import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { entryHeader } from '../../src/bundle/archive/header.ts';
import { openBundle } from '../../src/bundle/open.ts';
import { signBundleFile } from '../../src/bundle/sign.ts';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import type { OtaError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json/value.ts';
import { memorySource } from '../../src/core/source.ts';
import { refusal } from '../support/client.ts';
import { sharedFolder } from '../support/folder.ts';
import {
  componentObject,
  type Entry,
  extraObject,
  forgeBundle,
  manifestObject,
} from '../support/forge-bundle.ts';
import { bundle, keysOf, signer, verifyBytes, writeProduct } from '../unit/bundle/fixture.ts';

const folder = sharedFolder();
const alice = signer(1);
let bytes: Uint8Array;

beforeAll(async () => {
  writeProduct(folder);
  await bundle(folder, { sourceDateEpoch: 1_700_000_000 });
  await signBundleFile(join(folder, 'out.ota'), [alice]);
  bytes = new Uint8Array(readFileSync(join(folder, 'out.ota')));
});

async function refused(changed: Uint8Array): Promise<OtaError> {
  const error = await refusal(() => verifyBytes(changed, keysOf(alice)));
  expect(error).toMatchObject({ code: 'bundle-invalid', exitCode: 4 });
  return error;
}

describe('an archive that a general tar reader could be led astray by', () => {
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

  it.each<[string, (header: Buffer) => void, string]>([
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
    const error = await refused(withHeader(2, edit));
    expect(error.code).toBe('bundle-invalid');
    expect(error.message).toContain(message);
  });

  it('a manifest with a size in base 256', async () => {
    const error = await refused(withHeader(0, (header) => header.set([0x80, 0, 0, 0xff], 124)));
    expect(error.code).toBe('bundle-invalid');
  });

  it('a manifest of 8 GiB is refused before it is read', async () => {
    const error = await refused(withHeader(0, (header) => header.write('77777777777', 124)));
    expect(error.message).toContain('its manifest would have 8589934591 bytes');
  });

  it('an entry more, before, between and after', async () => {
    const extra = concatBytes(
      entryHeader({ path: 'payloads/evil', length: 512 }, 1_700_000_000),
      new Uint8Array(512),
    );
    for (const at of [...offsets(), bytes.length - 1024]) {
      await refused(concatBytes(bytes.subarray(0, at), extra, bytes.subarray(at)));
    }
  });

  it('an entry less, and two entries exchanged', async () => {
    const [, , a = 0, b = 0, c = 0] = offsets();
    await refused(concatBytes(bytes.subarray(0, a), bytes.subarray(b)));
    await refused(
      concatBytes(bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c)),
    );
  });

  it('what is no archive at all', async () => {
    for (const text of ['', '{"a": 1}', 'x'.repeat(5000), '\0'.repeat(5000)]) {
      await expect(openBundle(memorySource(utf8(text)))).rejects.toMatchObject({ code: 'bundle-invalid' });
    }
  });
});

describe('names that are one file on some disks, in a manifest that the right key signed', () => {
  const image = utf8('the image');
  const one = componentObject('radio', image);

  it.each<[string, JsonObject, readonly Entry[]]>([
    [
      'a component in another case',
      manifestObject([one, componentObject('RADIO', image)]),
      [
        ['payloads/radio', image],
        ['payloads/RADIO', image],
      ],
    ],
    [
      'one component twice',
      manifestObject([one, one]),
      [
        ['payloads/radio', image],
        ['payloads/radio', image],
      ],
    ],
    [
      'extras that differ in case',
      manifestObject([one], [extraObject('A.txt', image), extraObject('a.txt', image)]),
      [
        ['payloads/radio', image],
        ['extras/A.txt', image],
        ['extras/a.txt', image],
      ],
    ],
    [
      'an extra twice',
      manifestObject([one], [extraObject('a.txt', image), extraObject('a.txt', image)]),
      [
        ['payloads/radio', image],
        ['extras/a.txt', image],
        ['extras/a.txt', image],
      ],
    ],
    ...['..', '../x.txt', 'a/b.txt', 'a\\b.txt', '.x', 'con:x.txt'].map(
      (name): [string, JsonObject, readonly Entry[]] => [
        `the extra ${name}`,
        manifestObject([one], [extraObject(name, image)]),
        [
          ['payloads/radio', image],
          [`extras/${name}`, image],
        ],
      ],
    ),
  ])('are refused: %s', async (_, manifest, entries) => {
    await refused(await forgeBundle(manifest, entries, [alice]));
  });

  it('are accepted where they differ by more', async () => {
    const manifest = manifestObject(
      [one, componentObject('radio-2', image)],
      [extraObject('a.txt', image), extraObject('b.txt', image)],
    );
    const entries: readonly Entry[] = [
      ['payloads/radio', image],
      ['payloads/radio-2', image],
      ['extras/a.txt', image],
      ['extras/b.txt', image],
    ];
    await verifyBytes(await forgeBundle(manifest, entries, [alice]), keysOf(alice));
  });
});
