import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex, utf8 } from '../../../src/core/bytes.ts';
import { fromBase32, toBase32 } from '../../../src/requests/base32.ts';
import { packResponse, type SigningResponse } from '../../../src/requests/response.ts';
import {
  compactResponse,
  encodeResponse,
  MAX_RESPONSE_BYTES,
  parseResponse,
} from '../../../src/requests/response-text.ts';
import { refusal } from '../../support/client.ts';

const hex = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(32);
const signature = (key: number, document: number) => ({
  keyid: hex(key),
  document,
  sig: new Uint8Array(64).map((_, index) => (key * 31 + document * 7 + index * index) & 255),
});
const response: SigningResponse = {
  request: hex(7),
  signatures: [signature(1, 0), signature(1, 1), signature(2, 1)],
};
const text = fromUtf8(encodeResponse(response));

const responses = fc
  .record({
    request: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex),
    signatures: fc.uniqueArray(
      fc.record({
        keyid: fc.constantFrom(hex(1), hex(2), hex(255)),
        document: fc.nat(63),
        sig: fc.uint8Array({ minLength: 64, maxLength: 64 }),
      }),
      { minLength: 1, maxLength: 8, selector: ({ keyid, document }) => `${keyid} ${document}` },
    ),
  })
  .map(({ request, signatures }) => ({
    request,
    signatures: signatures.sort((a, b) =>
      a.keyid === b.keyid ? a.document - b.document : a.keyid < b.keyid ? -1 : 1,
    ),
  }));

describe('a response', () => {
  it('comes back from lines and from a code', () => {
    fc.assert(
      fc.property(responses, (any) => {
        expect(parseResponse(encodeResponse(any))).toEqual(any);
        expect(parseResponse(utf8(compactResponse(any)))).toEqual(any);
      }),
    );
  });

  it('is what its format says: numbered lines of groups of four, capitals and digits', () => {
    const [title, ...lines] = text.trimEnd().split('\n');
    expect(title).toBe('OTA RESPONSE 1');
    for (const line of lines) expect(line).toMatch(/^\d\d(?: [0-9A-HJKMNP-TV-Z]{1,4})+$/);
    expect(lines.map((line) => line.slice(0, 2))).toEqual(
      lines.map((_, index) => String(index + 1).padStart(2, '0')),
    );
    expect(compactResponse(response)).toMatch(/^[0-9A-Z ]+$/);
  });

  it.each([
    ['small letters', text.toLowerCase()],
    ['no spaces', text.replaceAll(/(?<=\n.*) /g, '')],
    ['hyphens', text.replaceAll(/(?<=\n.*) /g, '-')],
    ['the line ends of another system', text.replaceAll('\n', '\r\n')],
    [
      'letters for the digits that look like them',
      text.replaceAll(/(?<=\n\d\d.*)0/g, 'O').replaceAll(/(?<=\n\d\d.*)1/g, 'l'),
    ],
    [
      'lines out of order',
      [text.split('\n')[0], ...text.trimEnd().split('\n').slice(1).reverse()].join('\n'),
    ],
    ['a line twice', `${text}${text.split('\n')[3]}\n`],
  ])('may be typed with %s', (_, typed) => {
    expect(typed).not.toBe(text);
    expect(parseResponse(utf8(typed))).toEqual(response);
  });

  it('with any character wrong names its line, and no other', async () => {
    const lines = text.trimEnd().split('\n');
    for (const [index, line] of lines.entries()) {
      if (index === 0) continue;
      for (let at = 3; at < line.length; at += 5) {
        if (line[at] === ' ') continue;
        const typo = line.slice(0, at) + (line[at] === 'A' ? 'B' : 'A') + line.slice(at + 1);
        const error = await refusal(() => parseResponse(utf8(lines.with(index, typo).join('\n'))));
        expect(error.code).toBe('response-invalid');
        expect(error.faults.map(({ where }) => where)).toEqual([`line ${line.slice(0, 2)}`]);
      }
    }
  });

  it('says which line is missing, and that the end is', async () => {
    const lines = text.trimEnd().split('\n');
    const middle = await refusal(() => parseResponse(utf8(lines.toSpliced(4, 1).join('\n'))));
    expect(middle.faults).toEqual([{ where: 'line 04', message: 'is missing' }]);
    const end = await refusal(() => parseResponse(utf8(lines.slice(0, -1).join('\n'))));
    expect(end.message).toContain('missing at its end');
  });

  it.each([
    ['another file', '{"_type":"ota-request"}'],
    ['nothing', ''],
    ['a title alone', 'OTA RESPONSE 1'],
    ['a line numbered 00', text.replace('\n01', '\n00')],
    ['too much', text + ' '.repeat(MAX_RESPONSE_BYTES)],
  ])('is not %s', async (_, other) => {
    expect((await refusal(() => parseResponse(utf8(other)))).code).toBe('response-invalid');
  });

  it('is small: one key and two documents are 10 lines and 404 characters of a code', () => {
    const usual = { request: hex(7), signatures: [signature(1, 0), signature(1, 1)] };
    expect(packResponse(usual)).toHaveLength(1 + 32 + 32 + 1 + 2 * 65 + 4);
    expect(encodeResponse(usual).filter((byte) => byte === 10)).toHaveLength(11);
    expect(compactResponse(usual)).toHaveLength(404);
  });

  it('with more than fits is refused when it is made', async () => {
    const signatures = Array.from({ length: 32 }, (_, document) => signature(1, document));
    expect((await refusal(() => encodeResponse({ request: hex(7), signatures }))).code).toBe(
      'response-invalid',
    );
  });
});

describe('base 32', () => {
  it('comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase32(toBase32(bytes))).toEqual(bytes);
      }),
    );
  });

  it('agrees with the known digits', () => {
    expect(toBase32(Uint8Array.of(0xff, 0x00))).toBe('ZW00');
    expect(toBase32(utf8('foobar'))).toBe('CSQPYRK1E8');
  });

  it.each(['U', 'A!', 'ZZ'])('refuses %s', (bad) => expect(fromBase32(bad)).toBeUndefined());
});
