import { describe, expect, it } from 'vitest';
import { compactJson } from '../../../src/core/json/print.ts';
import type { JsonValue } from '../../../src/core/json/value.ts';
import { buildTargets, buildTimestamp } from '../../../src/repository/build.ts';
import { mediaProfileText } from '../../../src/repository/media-profile.ts';
import { parseTimestamp } from '../../../src/repository/parse-meta.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import { refusal } from '../../support/client.ts';
import { NOW } from '../../support/forge.ts';
import { editedObject } from '../../support/json-edit.ts';

const ROLE = buildTargets({ version: 1, expires: NOW, targets: new Map() });
const file = (signed: JsonValue) => compactJson({ signatures: [], signed });
const read = (profile: JsonValue) =>
  parseTargets(file(editedObject(ROLE, ['x-ota-media'], profile)), 'gateway.json').signed.media;

describe('the media profile of a role', () => {
  it.each<[JsonValue, string]>([
    [{ expiry: 'strict' }, 'media expire with the first role on them'],
    [{ expiry: 'advice', counter: 3 }, 'media are never refused for their age, no medium below counter 3'],
    [{ expiry: 'limit', days: 548 }, 'media count for 548 days from when they were made'],
  ])('%o is read, and told in words', (profile, text) => {
    const found = read(profile) ?? expect.fail('there is one');
    expect(mediaProfileText(found)).toBe(text);
    expect(
      buildTargets({ version: 1, expires: NOW, targets: new Map(), media: found })['x-ota-media'],
    ).toEqual(profile);
  });

  it.each<[JsonValue]>([
    ['advice'],
    [null],
    [[]],
    [{}],
    [{ expiry: 'never' }],
    [{ expiry: 'limit' }],
    [{ expiry: 'limit', days: 0 }],
    [{ expiry: 'limit', days: -548 }],
    [{ expiry: 'limit', days: 36_501 }],
    [{ expiry: 'advice', days: 548 }],
    [{ expiry: 'advice', counter: -1 }],
    [{ expiry: 'advice', counter: '1' }],
    [{ expiry: 'advice', note: '' }],
  ])('%o is refused: nobody knows what it would mean', async (profile) => {
    expect(await refusal(() => read(profile))).toMatchObject({ code: 'media-profile-invalid', exitCode: 4 });
  });
});

describe('when a timestamp was made', () => {
  const snapshot = { version: 1, length: 1, sha256: '0'.repeat(64) };
  const signed = buildTimestamp({ version: 1, expires: NOW + 1, snapshot, made: NOW });

  it('is in it, and is not where another tool made it', () => {
    expect(parseTimestamp(file(signed), 'timestamp.json').signed.made).toBe(NOW);
    const others = buildTimestamp({ version: 1, expires: NOW + 1, snapshot });
    expect(parseTimestamp(file(others), 'timestamp.json').signed.made).toBeUndefined();
  });

  it.each([['yesterday'], [NOW], [null], ['2027-02-30T00:00:00Z']])('is not %o', async (made) => {
    const bytes = file(editedObject(signed, ['x-ota-made'], made));
    expect((await refusal(() => parseTimestamp(bytes, 'timestamp.json'))).code).toBe('role-date');
  });
});
