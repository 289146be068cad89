import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../../src/core/bytes.ts';
import { canonicalJson } from '../../../src/core/json/canonical.ts';
import { parseName, parseVersion } from '../../../src/core/names.ts';
import {
  buildRoot,
  buildSnapshot,
  buildTargets,
  buildTimestamp,
  roleFile,
} from '../../../src/repository/build.ts';
import { encodeChannel, parseChannel } from '../../../src/repository/channel.ts';
import type { Timestamp } from '../../../src/repository/model.ts';
import { parseSnapshot, parseTimestamp } from '../../../src/repository/parse-meta.ts';
import { parseRoot } from '../../../src/repository/parse-root.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import { SIGNED_PARTS, SIGNERS } from '../../support/role-documents.ts';
import { names } from '../bundle/manifests.ts';

/** What a timestamp of this project always says of its snapshot. */
const announced = ({ snapshot }: Timestamp) => {
  const { version, length = Number.NaN, sha256 = '' } = snapshot;
  return { version, length, sha256 };
};

/** Reads a file and builds its signed part anew from what was read. */
const REBUILT = {
  root: (bytes: Uint8Array) => {
    const { signed } = parseRoot(bytes, 'root.json');
    return buildRoot({ ...signed, keys: [...signed.keys.values()] });
  },
  targets: (bytes: Uint8Array) => buildTargets(parseTargets(bytes, 'targets.json').signed),
  snapshot: (bytes: Uint8Array) => buildSnapshot(parseSnapshot(bytes, 'snapshot.json').signed),
  timestamp: (bytes: Uint8Array) => {
    const { signed } = parseTimestamp(bytes, 'timestamp.json');
    return buildTimestamp({ ...signed, snapshot: announced(signed) });
  },
} as const;
const ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const;

describe.each(ROLES)('%s', (role) => {
  const signatures = [{ keyid: SIGNERS[0]?.publicKey.keyid ?? '', sig: '00'.repeat(64) }];

  it('is read, built and read again without a change', () => {
    fc.assert(
      fc.property(SIGNED_PARTS[role], (document) => {
        const file = roleFile(document, signatures);
        const built = REBUILT[role](file.bytes);
        expect(fromUtf8(canonicalJson(built))).toBe(fromUtf8(canonicalJson(document)));
        expect(roleFile(built, signatures).sha256).toBe(file.sha256);
      }),
    );
  });
});

it('a channel is read as it was written, and written as it was read', () => {
  const versions = fc
    .tuple(fc.nat(99), fc.nat(99))
    .map((parts) => parseVersion(parts.join('.'), 'a version'));
  const sha256 = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
  const channels = fc.record({
    product: names,
    channel: names.map((text) => parseName(text, 'a channel')),
    release: fc.record({ version: versions, manifest: fc.record({ length: fc.maxSafeNat(), sha256 }) }),
  });
  fc.assert(
    fc.property(channels, (channel) => {
      const bytes = encodeChannel(channel);
      expect(parseChannel(bytes, 'channel')).toEqual(channel);
      expect(encodeChannel(parseChannel(bytes, 'channel'))).toEqual(bytes);
    }),
  );
});
