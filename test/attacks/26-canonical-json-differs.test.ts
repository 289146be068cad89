import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/core/bytes.ts';
import { canonicalJson } from '../../src/core/json/canonical.ts';
import { parseJson } from '../../src/core/json/parse.ts';
import { refusal, TestClient } from '../support/client.ts';
import { Forge, forgeFile } from '../support/forge.ts';

describe('what canonical JSON libraries disagree about', () => {
  it.each([
    // U+FFFD comes before U+1F600, though its UTF-16 code unit is the larger one.
    ['{"\u{1F600}":1,"\uFFFD":2,"a":3}', '{"a":3,"\uFFFD":2,"\u{1F600}":1}'],
    ['{"b":1,"a":{"d":[],"c":{}}}', '{"a":{"c":{},"d":[]},"b":1}'],
    ['{"10":1,"9":2,"a":3}', '{"10":1,"9":2,"a":3}'],
    ['"\\n\\u007f\\/\\"\\\\é"', '"\n\u007f/\\"\\\\é"'],
    ['[0, -1, 9007199254740991, true, false, null]', '[0,-1,9007199254740991,true,false,null]'],
  ])('is decided: %s', (text, canonical) => {
    expect(fromUtf8(canonicalJson(parseJson(utf8(text))))).toBe(canonical);
  });

  it.each([
    '1.0',
    '1e2',
    '1E400',
    '-0',
    '9007199254740992',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '01',
    '+1',
    'NaN',
    "'a'",
    '\ufeff1',
  ])('is refused before it means anything: %s', async (text) => {
    const forge = await Forge.make();
    const honest = new TextDecoder().decode(
      await forgeFile({ ...forge.signed('timestamp'), x: 7 }, [forge.online]),
    );
    const client = new TestClient(forge.store, forge.bytes('root'));
    forge.store.objects.set('metadata/timestamp.json', utf8(honest.replace('"x":7', `"x":${text}`)));
    await client.refuses('role-json');
    forge.store.objects.set('metadata/timestamp.json', utf8(honest));
    await client.refresh();
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53, '\ud800'])(
    'has no form of its own: %s',
    async (value) => {
      expect((await refusal(() => canonicalJson([value]))).code).toBe('json-invalid');
    },
  );
});
