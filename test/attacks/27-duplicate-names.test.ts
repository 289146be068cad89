import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { TestClient } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

const EDITS: readonly (readonly [string, (text: string) => string])[] = [
  ['a version twice', (text) => text.replace('"version":1,"expires"', '"version":1,"version":9,"expires"')],
  [
    'a version twice, once in escapes',
    (text) => text.replace('"version":1,"expires"', '"version":1,"v\\u0065rsion":1,"expires"'),
  ],
  ['signed twice', (text) => text.replace('{"signed"', '{"signed":{},"signed"')],
  ['__proto__', (text) => text.replace('{"signed":{', '{"signed":{"__proto__":{"version":9},')],
  ['__proto__ outside', (text) => text.replace('{"signed"', '{"__proto__":{"signatures":[]},"signed"')],
];

describe('a document that two parsers read differently', () => {
  it.each(EDITS)('is refused: %s', async (_, edit) => {
    const forge = await Forge.make();
    const text = new TextDecoder().decode(forge.bytes('timestamp'));
    expect(edit(text)).not.toBe(text);
    forge.store.objects.set('metadata/timestamp.json', utf8(edit(text)));
    const client = new TestClient(forge.store, forge.bytes('root'));
    await client.refuses('role-json');
    forge.store.objects.set('metadata/timestamp.json', utf8(text));
    await client.refresh();
  });
});
