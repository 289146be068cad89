import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPassphrase } from '../../../src/cli/passphrase.ts';
import type { Prompts } from '../../../src/cli/prompts.ts';
import { OtaError } from '../../../src/core/errors.ts';
import { rejected } from '../keys/thrown.ts';

const label = 'release.key.age';

/** A terminal at which these passwords are typed one after the other. */
function terminal(...typed: string[]) {
  const asked: string[] = [];
  const prompts: Prompts = {
    interactive: true,
    password: async (message) => {
      asked.push(message);
      return typed.shift() ?? expect.fail('more was asked than typed');
    },
    text: () => expect.fail('only a password was expected'),
    choose: () => expect.fail('only a password was expected'),
  };
  return { prompts, asked };
}
const nobody: Prompts = { ...terminal().prompts, interactive: false };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ota-passphrase-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'passphrase');
  await writeFile(path, content);
  return path;
}

describe('from a file', () => {
  it.each([
    ['secret phrase', 'secret phrase'],
    ['secret phrase\n', 'secret phrase'],
    ['secret phrase\r\n', 'secret phrase'],
    [' secret phrase \n\n', ' secret phrase \n'],
    ['größer ☃\n', 'größer ☃'],
    ['short', 'short'],
    ['', ''],
  ])('%j is %j', async (content, passphrase) => {
    expect(await readPassphrase({ file: await file(content), label }, nobody)).toBe(passphrase);
  });

  it.each(['', '\n', '7 chars', 'ü'.repeat(7)])('%j is refused as a new one', async (content) => {
    const path = await file(content);
    const error = await rejected(readPassphrase({ file: path, confirm: true, label }, nobody));
    expect(error).toMatchObject({ code: 'passphrase-invalid', where: path });
    if (content.trim() !== '') expect(error.message).not.toContain(content);
    expect(await readPassphrase({ file: await file('8 chars!\n'), confirm: true, label }, nobody)).toBe(
      '8 chars!',
    );
  });

  it('is never what is no text, a file too large, or none', async () => {
    const invalid = await file(new Uint8Array([0x61, 0xff]));
    expect((await rejected(readPassphrase({ file: invalid, label }, nobody))).code).toBe(
      'passphrase-invalid',
    );
    const large = await file('x'.repeat(5000));
    expect((await rejected(readPassphrase({ file: large, label }, nobody))).code).toBe('input-too-large');
    const none = join(folder, 'none');
    expect((await rejected(readPassphrase({ file: none, label }, nobody))).code).toBe('input-missing');
  });
});

describe('from a file descriptor', () => {
  const read = async (content: string) => {
    const fd = openSync(await file(content), 'r');
    try {
      return await readPassphrase({ fd, label }, nobody);
    } finally {
      closeSync(fd);
    }
  };

  it('reads to the end', async () => {
    expect(await read('from a descriptor\n')).toBe('from a descriptor');
    expect(await read('x'.repeat(4096))).toHaveLength(4096);
  });

  it('stops at what is no passphrase', async () => {
    expect((await rejected(read('x'.repeat(4097)))).code).toBe('passphrase-invalid');
  });

  it('says what to do where it is not open', async () => {
    const error = await rejected(readPassphrase({ fd: 999, label }, nobody));
    expect(error).toMatchObject({ code: 'passphrase-missing', exitCode: 2 });
    expect(error.hint).toContain('999<FILE');
  });
});

describe('from a pipe', () => {
  /** Reads descriptor 3 in a process of its own, of which a shell makes a pipe. */
  const read = (writer: string) =>
    execa('bash', ['-c', `"$0" --import tsx -e '${PROGRAM}' 3< <(${writer})`, process.execPath], {
      reject: false,
    });
  const PROGRAM = `import("./src/cli/passphrase.ts").then(async ({ readPassphrase }) => console.log(JSON.stringify(await readPassphrase({ fd: 3, label: "x" }))))`;

  it('reads what is written late and in pieces', async () => {
    const { stdout, stderr } = await read('printf "from "; sleep 0.2; printf "a pipe\\n"');
    expect(stdout, stderr).toBe('"from a pipe"');
  });
});

describe('from a variable', () => {
  afterEach(() => {
    delete process.env.OTA_TEST_SECRET;
  });

  it('is read as it stands', async () => {
    process.env.OTA_TEST_SECRET = 'from a variable';
    expect(await readPassphrase({ env: 'OTA_TEST_SECRET', label }, nobody)).toBe('from a variable');
  });

  it('says that there is none, and never what is in another', async () => {
    const error = await rejected(readPassphrase({ env: 'OTA_TEST_SECRET', label }, nobody));
    expect(error).toMatchObject({ code: 'passphrase-missing', exitCode: 2, where: 'OTA_TEST_SECRET' });
  });
});

describe('from a terminal', () => {
  it('asks once for one that exists', async () => {
    const { prompts, asked } = terminal('x');
    expect(await readPassphrase({ label }, prompts)).toBe('x');
    expect(asked).toEqual(['Passphrase of release.key.age']);
    const second = terminal('y');
    expect(await readPassphrase({ label, again: true }, second.prompts)).toBe('y');
    expect(second.asked).toEqual(['That does not open it. Passphrase of release.key.age']);
  });

  it('asks twice for a new one, until it is long enough and the same', async () => {
    const { prompts, asked } = terminal('short', 'long enough', 'long enouhg', 'long enough', 'long enough');
    expect(await readPassphrase({ confirm: true, label }, prompts)).toBe('long enough');
    expect(asked).toEqual([
      'New passphrase for release.key.age',
      'A new passphrase needs at least 8 characters. New passphrase for release.key.age',
      'The same again',
      'The two differ. New passphrase for release.key.age',
      'The same again',
    ]);
  });

  it('gives up after three tries', async () => {
    const { prompts } = terminal('a', 'b', 'c');
    const error = await rejected(readPassphrase({ confirm: true, label }, prompts));
    expect(error.code).toBe('passphrase-invalid');
  });

  it('passes on that the person left', async () => {
    const left = async () => {
      throw new OtaError('cancelled', 'cancelled');
    };
    const error = await rejected(readPassphrase({ label }, { ...terminal().prompts, password: left }));
    expect(error).toMatchObject({ code: 'cancelled', exitCode: 130 });
  });
});

it('where there is nobody to ask, says how to give it', async () => {
  const error = await rejected(readPassphrase({ label }, nobody));
  expect(error).toMatchObject({ code: 'passphrase-missing', exitCode: 2 });
  expect(error.hint).toContain('--passphrase-file');
});
