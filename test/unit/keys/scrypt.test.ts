import { beforeAll, describe, expect, it } from 'vitest';
import { ScryptError, scryptIdentity, scryptRecipient } from '../../../src/keys/scrypt.ts';

const FILE_KEY = new Uint8Array(16).fill(4);
type Stanza = { args: string[]; body: Uint8Array };

let stanza: Stanza;
beforeAll(async () => {
  const [made] = await scryptRecipient('passphrase', 4).wrapFileKey(FILE_KEY);
  stanza = made ?? expect.fail('no stanza');
});

const unwrap = async (...stanzas: Stanza[]) => scryptIdentity('passphrase', 18).unwrapFileKey(stanzas);

it('unwraps what it wraps', async () => {
  expect(await unwrap(stanza)).toEqual(FILE_KEY);
});

describe('takes nothing but one scrypt stanza in its one form', () => {
  const salt = 'A'.repeat(22);
  it.each<[string, (good: Stanza) => Stanza[]]>([
    ['none', () => []],
    ['two', (good) => [good, good]],
    ['another beside it', (good) => [good, { args: ['X25519', 'abc'], body: good.body }]],
    ['another kind', ({ body }) => [{ args: ['X25519', salt, '4'], body }]],
    ['a missing work factor', ({ args, body }) => [{ args: args.slice(0, 2), body }]],
    ['one argument more', ({ args, body }) => [{ args: [...args, 'x'], body }]],
    ['a work factor of 0', ({ body }) => [{ args: ['scrypt', salt, '0'], body }]],
    ['a work factor of 04', ({ body }) => [{ args: ['scrypt', salt, '04'], body }]],
    ['a work factor of 100', ({ body }) => [{ args: ['scrypt', salt, '100'], body }]],
    ['a short salt', ({ body }) => [{ args: ['scrypt', 'AAAA', '4'], body }]],
    ['a short body', ({ args, body }) => [{ args, body: body.subarray(1) }]],
  ])('not %s', async (_name, change) => {
    const error = await unwrap(...change(stanza)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ScryptError);
    expect((error as ScryptError).reason).toBe('not-passphrase');
  });
});
