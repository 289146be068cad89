import fc from 'fast-check';
import { byCodePoint } from '../../src/core/json/canonical.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/value.ts';
import { formatTime } from '../../src/core/time.ts';
import { keysObject } from './forge.ts';
import { signerNamed } from './signers.ts';

/** Who may sign; five, as each takes a while to make. */
export const SIGNERS = ['a', 'b', 'c', 'd', 'e'].map(signerNamed);

const hex = fc.constantFrom(...'0123456789abcdef');
const digest = fc.string({ unit: hex, minLength: 64, maxLength: 64 });
const version = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const length = fc.maxSafeNat();
const expires = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }).map(formatTime);
const lower = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Any document that has a canonical form. */
export const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false),
    // `+ 0` as -0 has none.
    fc.maxSafeInteger().map((number) => number + 0),
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
})).value;

const head = (type: string) => ({
  _type: fc.constant(type),
  spec_version: fc.constant('1.0.34'),
  version,
  expires,
});

/** Some of the signers, and a threshold that they can meet. */
const roleKeys = fc.subarray(SIGNERS, { minLength: 1 }).chain((some) =>
  fc.record({
    keyids: fc.constant(some.map(({ publicKey }) => publicKey.keyid).sort(byCodePoint)),
    threshold: fc.integer({ min: 1, max: some.length }),
  }),
);

const metaFile = fc.record(
  { version, length, hashes: fc.record({ sha256: digest }) },
  { requiredKeys: ['version'] },
);
const roleName = fc
  .string({ unit: fc.constantFrom(...lower, '-'), minLength: 1, maxLength: 12 })
  .map((text) => `r${text}`);
const segment = fc
  .string({ minLength: 1, maxLength: 8 })
  .filter((text) => !/[/\\]/.test(text) && !['.', '..', '__proto__'].includes(text));
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

const delegatedRole = fc
  .tuple(
    fc.record({ name: roleName, terminating: fc.boolean() }),
    roleKeys,
    fc.oneof(
      fc.record({ paths: fc.array(path, { maxLength: 3 }) }),
      fc.record({
        path_hash_prefixes: fc.array(fc.string({ unit: hex, minLength: 1, maxLength: 64 }), { maxLength: 3 }),
      }),
    ),
  )
  .map(([one, keys, paths]): JsonObject => ({ ...one, ...keys, ...paths }));

const mediaProfile = fc.record(
  { expiry: fc.constantFrom('strict', 'advice'), counter: fc.integer({ min: 1, max: 9 }) },
  { requiredKeys: ['expiry'] },
);
const limited = fc.record(
  {
    expiry: fc.constant('limit'),
    days: fc.integer({ min: 1, max: 36_500 }),
    counter: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  },
  { requiredKeys: ['expiry', 'days'] },
);

/** The signed part of any role that this project may write, by its type; none has a field that is not known. */
export const SIGNED_PARTS: Readonly<
  Record<'root' | 'targets' | 'snapshot' | 'timestamp', fc.Arbitrary<JsonObject>>
> = {
  root: fc.record({
    ...head('root'),
    consistent_snapshot: fc.constant(true),
    keys: fc.constant(keysObject(...SIGNERS)),
    roles: fc.record({ root: roleKeys, targets: roleKeys, snapshot: roleKeys, timestamp: roleKeys }),
  }),
  targets: fc.record(
    {
      ...head('targets'),
      targets: fc.dictionary(
        path,
        fc.record(
          {
            length,
            hashes: fc.record({ sha256: digest }),
            custom: fc.dictionary(segment, json, { maxKeys: 3 }),
          },
          { requiredKeys: ['length', 'hashes'] },
        ),
        { maxKeys: 5 },
      ),
      delegations: fc.record({
        keys: fc.constant(keysObject(...SIGNERS)),
        roles: fc.uniqueArray(delegatedRole, { maxLength: 3, selector: ({ name }) => name }),
      }),
      'x-ota-media': fc.oneof(mediaProfile, limited),
    },
    { requiredKeys: ['_type', 'spec_version', 'version', 'expires', 'targets'] },
  ),
  snapshot: fc.record({
    ...head('snapshot'),
    meta: fc.dictionary(
      fc.oneof(
        fc.constant('targets.json'),
        roleName.map((name) => `${name}.json`),
      ),
      metaFile,
      { maxKeys: 6 },
    ),
  }),
  timestamp: fc.record(
    {
      ...head('timestamp'),
      meta: fc.record({
        'snapshot.json': fc.record({ version, length, hashes: fc.record({ sha256: digest }) }),
      }),
      'x-ota-made': expires,
    },
    { requiredKeys: ['_type', 'spec_version', 'version', 'expires', 'meta'] },
  ),
};
