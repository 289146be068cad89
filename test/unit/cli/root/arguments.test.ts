import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { knownKey, newKey } from '../../../../src/cli/root/keys.ts';
import { parseWhen } from '../../../../src/cli/when.ts';
import { DAY } from '../../../../src/core/time.ts';
import { writePublicKeyFile } from '../../../../src/keys/key-file.ts';
import { refusal } from '../../../support/client.ts';
import { freshFolder } from '../../../support/folder.ts';
import { NOW } from '../../../support/forge.ts';
import { ONLINE, RELEASE } from '../../../support/release.ts';
import { ALICE, firstProposal, keyidOf } from '../../ceremony/support.ts';

const folder = freshFolder();

it('reads a day, a time, and days from now', async () => {
  expect(parseWhen('2026-01-02', NOW)).toBe(NOW + DAY);
  expect(parseWhen('2026-01-02T00:00:01Z', NOW)).toBe(NOW + DAY + 1);
  expect(parseWhen('365d', NOW)).toBe(NOW + 365 * DAY);
  for (const text of ['tomorrow', '2026-02-30', '1.5d', '-3d', '2026-01-02T00:00:00', '']) {
    expect((await refusal(() => parseWhen(text, NOW))).code).toBe('date-invalid');
  }
});

it('knows a key by the first digits of its keyid, or by its file', async () => {
  const proposal = await firstProposal();
  expect(await knownKey(proposal, keyidOf(RELEASE).slice(0, 8))).toBe(keyidOf(RELEASE));
  expect(await knownKey(proposal, keyidOf(ONLINE))).toBe(keyidOf(ONLINE));
  writeFileSync(folder.at('release.pub'), writePublicKeyFile(RELEASE.publicKey));
  expect(await knownKey(proposal, folder.at('release.pub'))).toBe(keyidOf(RELEASE));
  const error = await refusal(() => knownKey(proposal, keyidOf(ALICE).slice(0, 12)));
  expect(error).toMatchObject({
    code: 'key-missing',
    hint: expect.stringContaining(keyidOf(RELEASE).slice(0, 16)),
  });
});

it('takes no key of small order into a proposal', async () => {
  writeFileSync(folder.at('good.pub'), writePublicKeyFile(ALICE.publicKey));
  expect((await newKey(folder.at('good.pub'))).keyid).toBe(keyidOf(ALICE));
  const weak = { raw: Uint8Array.of(1, ...new Array(31).fill(0)), keyid: '' };
  writeFileSync(folder.at('weak.pub'), writePublicKeyFile(weak));
  const error = await refusal(() => newKey(folder.at('weak.pub')));
  expect(error).toMatchObject({ code: 'key-invalid', message: expect.stringContaining('small order') });
});
