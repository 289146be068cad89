/** `npm run bench -- [bundle] [delta] [media] [publish] [repository] [verify] [CORPUS]`: ratios against named tools in the same run; all parts by default. */
import { benchBundle } from './bundle.ts';
import { benchDelta } from './delta.ts';
import { print } from './measure.ts';
import { benchMedia } from './media.ts';
import { benchPublish } from './publish.ts';
import { benchRepository } from './repository.ts';
import { benchVerify } from './verify.ts';

const PARTS = {
  bundle: ['Bundling, beside tar with sha256sum and with zstd', benchBundle],
  delta: ['Deltas, beside bsdiff, xdelta3 and zstd --patch-from', benchDelta],
  media: ['A medium with 1 GiB of payloads, beside copying it and taking digests, median of 3', benchMedia],
  publish: [
    'Publishing 1 GiB that does not compress, then a release of which 1 MiB changed, median of 3',
    benchPublish,
  ],
  repository: [
    'A device, a publisher, refreshing and pruning after 10, 100 and 1,000 releases of three components',
    benchRepository,
  ],
  verify: ['Verifying a repository of small payloads, median of 3', benchVerify],
} as const;

const asked = process.argv.slice(2).filter((argument) => argument in PARTS);
for (const [name, [title, bench]] of Object.entries(PARTS)) {
  if (asked.length === 0 || asked.includes(name)) print(title, await bench());
}
