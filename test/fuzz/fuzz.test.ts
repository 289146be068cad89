import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { addToCorpus, corpusOf } from './corpus.ts';
import { honestInputs } from './honest.ts';
import { findingOf, fuzz } from './loop.ts';
import { Random } from './random.ts';
import { TARGETS } from './targets/index.ts';

/** Always the same, so that a change of the code alone can make this fail. `npm run fuzz` takes another each time. */
const SEED = 1;

beforeAll(async () => {
  if (process.env.OTA_WRITE_CORPUS !== '1') return;
  for (const [target, inputs] of Object.entries(await honestInputs())) addToCorpus(target, inputs);
});

describe.each(TARGETS)('$name', (target) => {
  it('reads or refuses whatever it is given', async () => {
    let left = target.shortRuns;
    const finding = await fuzz(target, corpusOf(target.name), new Random(SEED), () => left-- > 0);
    if (finding)
      throw new Error(`on ${Buffer.from(finding.input).toString('base64')}`, { cause: finding.error });
  });

  it('reads the first of its corpus, or a format has changed: write it anew with OTA_WRITE_CORPUS=1', async () => {
    const [first = new Uint8Array()] = corpusOf(target.name);
    await target.run(first);
  });
});

it('every folder of the corpus is of a target', () => {
  const folders = readdirSync(join(import.meta.dirname, 'corpus')).sort();
  expect(folders).toEqual(TARGETS.map(({ name }) => name).sort());
});

it('a finding is told from a refusal', async () => {
  const finding = await findingOf(
    {
      name: 'broken',
      maxBytes: 1,
      shortRuns: 1,
      run: () => {
        throw new TypeError('not ours');
      },
    },
    new Uint8Array(),
  );
  expect(finding?.error).toBeInstanceOf(TypeError);
});
