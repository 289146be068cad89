import { isDeepStrictEqual } from 'node:util';
import { encodeManifest } from '../../../src/bundle/manifest.ts';
import { parseManifest } from '../../../src/bundle/parse-manifest.ts';
import { parseReleaseFile } from '../../../src/bundle/release-file/parse.ts';
import { fromUtf8 } from '../../../src/core/bytes.ts';
import { canonicalJson } from '../../../src/core/json/canonical.ts';
import { parseJson } from '../../../src/core/json/parse.ts';
import { compactJson } from '../../../src/core/json/print.ts';
import { encodeDeviceFile, parseDeviceFile } from '../../../src/device/device-file.ts';
import { encodeChannel, parseChannel } from '../../../src/repository/channel.ts';
import { verifyTopRole } from '../../../src/repository/checks.ts';
import { findTarget } from '../../../src/repository/lookup.ts';
import { matchesPattern } from '../../../src/repository/match.ts';
import { parseSnapshot, parseTimestamp } from '../../../src/repository/parse-meta.ts';
import { parseRoot } from '../../../src/repository/parse-root.ts';
import { parseTargets } from '../../../src/repository/parse-targets.ts';
import { same, type Target } from '../loop.ts';

const json: Target = {
  name: 'json',
  maxBytes: 4096,
  shortRuns: 4000,
  run: (input) => {
    const read = parseJson(input);
    const theirs: unknown = JSON.parse(fromUtf8(input));
    if (!isDeepStrictEqual(JSON.parse(fromUtf8(compactJson(read))), theirs)) {
      throw new Error('JSON.parse reads another document');
    }
    same('a document', compactJson(parseJson(compactJson(read))), compactJson(read));
    canonicalJson(read);
  },
};

const root: Target = {
  name: 'root',
  maxBytes: 16_384,
  shortRuns: 300,
  run: (input) => {
    const metadata = parseRoot(input, 'root.json');
    verifyTopRole(metadata, metadata, 'root');
  },
};

const targets: Target = {
  name: 'targets',
  maxBytes: 16_384,
  shortRuns: 300,
  run: async (input) => {
    const metadata = parseTargets(input, 'targets.json');
    const paths = ['gateway/1.0.0/radio', ...metadata.signed.targets.keys()].slice(0, 20);
    for (const path of paths) {
      let loaded = 0;
      await findTarget(path, async () => {
        loaded += 1;
        if (loaded > 64) throw new Error(`more than 64 roles are loaded for ${path}`);
        return metadata;
      });
    }
  },
};

const snapshot: Target = {
  name: 'snapshot',
  maxBytes: 16_384,
  shortRuns: 1500,
  run: (input) => void parseSnapshot(input, 'snapshot.json'),
};

const timestamp: Target = {
  name: 'timestamp',
  maxBytes: 8192,
  shortRuns: 1500,
  run: (input) => void parseTimestamp(input, 'timestamp.json'),
};

/** The same meaning by a table of all pairs of ends, for one segment. */
function segmentMatches(pattern: readonly string[], text: readonly string[]): boolean {
  let row = [true, ...text.map(() => false)];
  for (const char of pattern) {
    const next = [char === '*' && row[0] === true];
    for (const [index, letter] of text.entries()) {
      const past = row[index] === true;
      next.push(
        char === '*'
          ? row[index + 1] === true || next[index] === true
          : past && (char === '?' || char === letter),
      );
    }
    row = next;
  }
  return row[text.length] === true;
}

const matcher: Target = {
  name: 'matcher',
  maxBytes: 160,
  shortRuns: 4000,
  run: (input) => {
    const text = new TextDecoder().decode(input);
    const [pattern = '', path = ''] = text.split('\n', 2);
    const [ours, theirs] = [pattern.split('/'), path.split('/')];
    const expected =
      ours.length === theirs.length &&
      ours.every((part, index) => segmentMatches([...part], [...(theirs[index] ?? '')]));
    if (matchesPattern(pattern, path) !== expected)
      throw new Error(`${pattern} and ${path} should match: ${expected}`);
  },
};

const manifest: Target = {
  name: 'manifest',
  maxBytes: 16_384,
  shortRuns: 1000,
  run: (input) => {
    const { bytes } = encodeManifest(parseManifest(input));
    same('a manifest', encodeManifest(parseManifest(bytes)).bytes, bytes);
  },
};

const channel: Target = {
  name: 'channel',
  maxBytes: 4096,
  shortRuns: 2000,
  run: (input) => {
    const bytes = encodeChannel(parseChannel(input, 'channel'));
    same('a channel', encodeChannel(parseChannel(bytes, 'channel')), bytes);
  },
};

const device: Target = {
  name: 'device',
  maxBytes: 8192,
  shortRuns: 1500,
  run: (input) => {
    const bytes = encodeDeviceFile(parseDeviceFile(input, 'device.json'));
    same('a device', encodeDeviceFile(parseDeviceFile(bytes, 'device.json')), bytes);
  },
};

const releaseFile: Target = {
  name: 'release-file',
  maxBytes: 4096,
  shortRuns: 150,
  run: (input) => void parseReleaseFile(new TextDecoder().decode(input), 'ota.yaml'),
};

export const TEXT_TARGETS: readonly Target[] = [
  json,
  root,
  targets,
  snapshot,
  timestamp,
  matcher,
  manifest,
  channel,
  device,
  releaseFile,
];
