import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.ts';
import { parseJson } from '../../../src/core/json/parse.ts';
import { printJson } from '../../../src/core/json/print.ts';
import { encodeRequest } from '../../../src/requests/encode.ts';
import { MAX_REQUEST_BYTES } from '../../../src/requests/model.ts';
import { isRequest, parseRequest } from '../../../src/requests/parse.ts';
import { refusal } from '../../support/client.ts';
import { edited, type Path } from '../../support/json-edit.ts';
import { asFile, publishedChain, releaseRequest } from '../../support/requests.ts';

const published = await publishedChain();
const content = releaseRequest(published);
const file = encodeRequest(content).bytes;

describe('a request', () => {
  it('has the same bytes, in whatever order it was collected', () => {
    const { chain, documents } = content;
    const shuffled = {
      ...content,
      documents: [...documents].reverse(),
      chain: { ...chain, roles: new Map([...chain.roles].reverse()) },
    };
    expect(fromUtf8(encodeRequest(shuffled).bytes)).toBe(fromUtf8(file));
  });

  it('keeps every file as it was, to the byte', () => {
    const read = asFile(content);
    expect(read.chain.roots).toEqual([published.root.bytes]);
    expect([...read.chain.roles]).toEqual([
      ['gateway', published.gateway.bytes],
      ['targets', published.targets.bytes],
    ]);
    expect(read.documents.map(({ type }) => type)).toEqual(['role', 'manifest']);
    expect(read.channel).toBe('stable');
    expect(isRequest(parseJson(file))).toBe(true);
    expect(isRequest(parseJson(published.root.bytes))).toBe(false);
  });

  const changed: readonly (readonly [string, Path, unknown])[] = [
    ['an unknown field', ['note'], 'looks fine'],
    ['an unknown field in a document', ['documents', 0, 'summary'], 'adds nothing'],
    ['another type', ['_type'], 'ota-manifest'],
    ['another format', ['format'], 2],
    ['no documents', ['documents'], []],
    ['a snapshot to be signed', ['documents', 0, 'role'], 'snapshot'],
    ['a role that leaves its folder', ['documents', 0, 'role'], '../gateway'],
    ['a file outside the targets', ['files', '../x'], 'x'],
    ['a root as a targets role', ['chain', 'roles', 'root'], '{}'],
    ['a channel that is no name', ['channel'], 'Stable'],
  ];
  it.each(changed)('with %s is refused', async (_, path, value) => {
    const error = await refusal(() => parseRequest(printJson(edited(parseJson(file), path, value as never))));
    expect([error.code, error.exitCode]).toEqual(['request-invalid', 4]);
  });

  it('with a role twice is refused', async () => {
    const double = { ...content, documents: [...content.documents, ...content.documents.slice(0, 1)] };
    expect((await refusal(() => asFile(double))).message).toContain('one role twice');
  });

  it.each([
    ['one space more', `${fromUtf8(file)} `],
    ['no line feed at its end', fromUtf8(file).trimEnd()],
    ['another order of fields', `{"format":1,${fromUtf8(file).replace('"format": 1,', '').slice(1)}`],
    ['a part missing', fromUtf8(file).slice(0, 2000)],
  ])('in another spelling is refused: %s', async (_, text) => {
    expect((await refusal(() => parseRequest(utf8(text)))).code).toBe('request-invalid');
  });

  it('that is too large is refused before it is read', async () => {
    const error = await refusal(() => parseRequest(new Uint8Array(MAX_REQUEST_BYTES + 1)));
    expect(error.message).toContain('more than');
  });
});
