import { describe, expect, it } from 'vitest';
import { addKey, markLost, replaceKey, setExpiry } from '../../../src/ceremony/edit.ts';
import { encodeProposal, parseProposal } from '../../../src/ceremony/format.ts';
import { printJson } from '../../../src/core/json/print.ts';
import { DAY } from '../../../src/core/time.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import { editedObject } from '../../support/json-edit.ts';
import { ONLINE } from '../../support/release.ts';
import { ALICE, BOB, CAROL, firstProposal, keyidOf } from './support.ts';

const first = await firstProposal();
const rich = markLost(
  ['snapshot', 'timestamp', 'gateway.channels'].reduce(
    (all, name) => replaceKey(all, name, keyidOf(ONLINE), BOB.publicKey),
    setExpiry(addKey(first, 'root', ALICE.publicKey), 'root', NOW + 400 * DAY, NOW),
  ),
  keyidOf(ONLINE),
);

describe('a proposal file', () => {
  it('reads back as it was, and has one spelling whatever the order of the edits', () => {
    const bytes = encodeProposal(rich);
    expect(encodeProposal(parseProposal(bytes, 'p.json'))).toEqual(bytes);
    const one = addKey(addKey(first, 'root', ALICE.publicKey), 'root', CAROL.publicKey);
    const other = addKey(addKey(first, 'root', CAROL.publicKey), 'root', ALICE.publicKey);
    expect(encodeProposal(one)).toEqual(encodeProposal(other));
  });

  const document = () => JSON.parse(Buffer.from(encodeProposal(rich)).toString());
  const read = (value: unknown) => refusal(() => parseProposal(printJson(value as never), 'p.json'));

  it('refuses fields that it does not know, roles too few, and another layout', async () => {
    expect((await read({ ...document(), extra: 1 })).code).toBe('proposal-invalid');
    expect((await read(editedObject(document(), ['roles', 'snapshot'], undefined))).code).toBe(
      'proposal-invalid',
    );
    const loose = Buffer.from(JSON.stringify(document()));
    expect((await refusal(() => parseProposal(loose, 'p.json'))).code).toBe('proposal-invalid');
    expect(parseProposal(printJson(document()), 'p.json').lost).toEqual(rich.lost);
  });

  it('checks a file that was edited by hand as each edit is checked', async () => {
    const unmet = await read(editedObject(document(), ['roles', 'root', 'threshold'], 5));
    expect(unmet.code).toBe('proposal-invalid');
    const lost = [keyidOf(ONLINE), ...(rich.roles.get('gateway')?.keyids ?? [])].sort();
    expect((await read(editedObject(document(), ['lost'], lost))).code).toBe('key-lost');
  });

  it('refuses a base whose signatures do not hold', async () => {
    const roots = document().base.roots.map((text: string) => text.replace('"version":1', '"version":2'));
    const error = await read(editedObject(document(), ['base', 'roots'], roots));
    expect(error.code).toBe('threshold-unmet');
  });
});
