import { describe, expect, test } from 'vitest';
import { parseAt } from '../../../src/cli/verify/at.ts';
import { type FormFlags, verifyForm } from '../../../src/cli/verify/form.ts';
import { parseTime } from '../../../src/core/time.ts';
import { refusal } from '../../support/client.ts';

const none: FormFlags = { 'as-device': false, quick: false };
const device: FormFlags = { ...none, 'as-device': true, hardware: 'gw-a1' };

describe('the form of ota verify', () => {
  test('a bundle, where one is named', () => {
    const form = { kind: 'bundle', path: 'a.ota' };
    expect(verifyForm('a.ota', none, undefined)).toEqual(form);
    expect(verifyForm('a.ota', { ...none, key: ['a.pub'] }, undefined)).toEqual(form);
    expect(verifyForm('a.ota', { ...none, root: 'root.json', store: './repository' }, 'gateway')).toEqual(
      form,
    );
  });

  test('the repository, where none is', () => {
    expect(verifyForm(undefined, none, undefined)).toEqual({ kind: 'repository' });
    expect(verifyForm(undefined, { ...none, quick: true, root: 'root.json' }, 'gateway')).toEqual({
      kind: 'repository',
    });
  });

  test('a device, of the usual product unless another is named', () => {
    expect(verifyForm(undefined, device, 'gateway')).toEqual({
      kind: 'device',
      product: 'gateway',
      hardware: 'gw-a1',
    });
    expect(verifyForm(undefined, { ...device, product: 'hub' }, 'gateway')).toMatchObject({ product: 'hub' });
  });

  test.each<[string, string | undefined, FormFlags]>([
    ['a flag of a device without --as-device', undefined, { ...none, from: '1.0.0' }],
    ['a device and a bundle', 'a.ota', device],
    ['a quick look at a bundle', 'a.ota', { ...none, quick: true }],
    ['a store for a bundle without a root', 'a.ota', { ...none, store: './repository' }],
    ['keys for a repository', undefined, { ...none, key: ['a.pub'] }],
    ['a device without hardware', undefined, { ...none, 'as-device': true, product: 'gateway' }],
    ['a device without a product', undefined, device],
  ])('%s is wrong usage', async (_, bundle, flags) => {
    expect(await refusal(() => verifyForm(bundle, flags, undefined))).toMatchObject({ exitCode: 2 });
  });
});

describe('--at', () => {
  test('takes a day, which starts at midnight UTC, or a time', () => {
    expect(parseAt('2027-01-31')).toBe(parseTime('2027-01-31T00:00:00Z'));
    expect(parseAt('2027-01-31T12:30:00Z')).toBe(parseTime('2027-01-31T12:30:00Z'));
  });

  test.each(['tomorrow', '2027-02-30', '2027-1-1', '', '2027-01-31T12:30:00+01:00'])(
    'refuses %j',
    async (text) => {
      expect(await refusal(() => parseAt(text))).toMatchObject({ code: 'date-invalid', where: '--at' });
    },
  );
});
