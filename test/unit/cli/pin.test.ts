import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readPin } from '../../../src/cli/pin.ts';
import type { Prompts } from '../../../src/cli/prompts.ts';
import { freshFolder } from '../../support/folder.ts';
import { rejected } from '../keys/thrown.ts';

const folder = freshFolder();
const asked: string[] = [];
const terminal: Prompts = {
  interactive: true,
  password: async (message) => {
    asked.push(message);
    return '1234';
  },
  text: () => expect.fail('only a PIN was expected'),
  choose: () => expect.fail('only a PIN was expected'),
};
const nobody: Prompts = { ...terminal, interactive: false };

it('reads a PIN from where the URI says, and then asks nobody', async () => {
  writeFileSync(folder.at('pin'), '86753\n');
  expect(await readPin('the token ota', { file: folder.at('pin') }, undefined, terminal)).toBe('86753');
  expect(asked).toEqual([]);
});

it('asks for it, with what the person should know', async () => {
  expect(await readPin('the token ota', undefined, undefined, terminal)).toBe('1234');
  expect(await readPin('the token ota', undefined, 'last try before it locks', terminal)).toBe('1234');
  expect(asked).toEqual(['PIN of the token ota', 'PIN of the token ota (last try before it locks)']);
});

it('says how to give it where there is nobody to ask', async () => {
  const error = await rejected(readPin('the token ota', undefined, undefined, nobody));
  expect(error).toMatchObject({ code: 'pin-missing', exitCode: 2 });
  expect(error.hint).toContain('pin-source=file:PATH');
});
