import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { OtaError } from '../../src/core/errors.ts';
import { parseJson } from '../../src/core/json/parse.ts';
import type { JsonValue } from '../../src/core/json/value.ts';
import { parseSnapshot, parseTimestamp } from '../../src/repository/parse-meta.ts';
import { parseRoot } from '../../src/repository/parse-root.ts';
import { parseTargets } from '../../src/repository/parse-targets.ts';
import { TestClient } from '../support/client.ts';
import { Forge, PAYLOAD_PATH } from '../support/forge.ts';
import { edited, places } from '../support/json-edit.ts';

const READERS = {
  root: parseRoot,
  targets: parseTargets,
  gateway: parseTargets,
  snapshot: parseSnapshot,
  timestamp: parseTimestamp,
};
const WRONG: readonly (JsonValue | undefined)[] = [null, [], {}, 7, -1, 'text', true, undefined];

/** Reading either gives metadata or a refusal with exit code 4; never a TypeError. */
function outcome(
  read: (bytes: Uint8Array, where: string) => unknown,
  document: JsonValue,
): 'read' | 'refused' {
  try {
    read(utf8(JSON.stringify(document)), 'file.json');
    return 'read';
  } catch (error) {
    expect(error).toBeInstanceOf(OtaError);
    expect((error as OtaError).exitCode, String(error)).toBe(4);
    return 'refused';
  }
}

describe.each(Object.entries(READERS))('valid JSON of the wrong shape in %s', (role, read) => {
  it('is refused at every node, never with a TypeError', async () => {
    const forge = await Forge.make();
    const honest = parseJson(forge.bytes(role));
    expect(outcome(read, honest)).toBe('read');
    let refused = 0;
    for (const path of places(honest)) {
      for (const value of WRONG) {
        if (path.length === 0 && value === undefined) continue;
        if (outcome(read, edited(honest, path, value)) === 'refused') refused += 1;
      }
      // No field can hold null: whatever it is, that is refused.
      expect(outcome(read, edited(honest, path, null)), path.join('.')).toBe('refused');
    }
    expect(refused).toBeGreaterThan(places(honest).length * 4);
  });

  it.each(['', ' ', 'null', '[]', '7', '"x"', '{}', '{"signed":{}}', '{"signatures":[]}', '\u0000', '{'])(
    'is refused as a whole: %j',
    (text) => {
      expect(() => read(utf8(text), 'file.json')).toThrow(OtaError);
    },
  );
});

it('is refused by a client with exit code 4 and its honest twin is read', async () => {
  const forge = await Forge.make();
  const client = new TestClient(forge.store, forge.bytes('root'));
  forge.store.objects.set('metadata/timestamp.json', utf8('{"signed":null,"signatures":{}}'));
  await client.refuses('role-invalid');
  await forge.write('timestamp');
  expect(await (await client.refresh()).find(PAYLOAD_PATH)).toBeDefined();
});
