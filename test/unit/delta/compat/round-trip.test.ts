import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../../../src/core/bytes.ts';
import { memorySource } from '../../../../src/core/source.ts';
import { readFacts } from '../../../../src/delta/facts.ts';
import { hubFirmware } from '../../../support/firmware.ts';
import { freshFolder } from '../../../support/folder.ts';
import { installed, run } from '../../../support/tools.ts';
import { codeOf, noise } from '../support.ts';
import { applyTo, imagesOf, makeIn } from './support.ts';

const folder = freshFolder();
const BASE = noise(40_000);
const TILES = { tile: 4096, whole: 8192, region: 8192 };

/** Pairs of images that lead to every kind of step. */
const PAIRS: readonly (readonly [string, Uint8Array, Uint8Array])[] = [
  ['nothing to nothing', new Uint8Array(), new Uint8Array()],
  ['nothing to something', new Uint8Array(), BASE],
  ['something to nothing', BASE, new Uint8Array()],
  ['no change', BASE, BASE],
  ['a start that comes from elsewhere', BASE, BASE.subarray(10_000)],
  ['parts that changed places', BASE, concatBytes(BASE.subarray(20_000), BASE.subarray(0, 20_000))],
  ['every 50th byte another', BASE, BASE.map((byte, at) => (at % 50 === 0 ? byte + 1 : byte))],
  ['bytes put in', BASE, concatBytes(BASE.subarray(0, 9000), noise(500, 5), BASE.subarray(9000))],
  ['what is new comes again and again', utf8('x'), utf8('It comes again. '.repeat(900))],
  ['a long run', BASE, concatBytes(BASE.subarray(0, 100), new Uint8Array(100_000))],
];

describe.each(['bsdiff40', 'vcdiff'] as const)('%s', (format) => {
  it.each(PAIRS)('%s', async (_, old, fresh) => {
    const patch = await makeIn(format, old, fresh);
    expect(Buffer.compare(await applyTo(old, patch, { images: imagesOf(old, fresh) }), fresh)).toBe(0);
    expect((await readFacts(format, memorySource(patch), old.length)).newLength).toBe(fresh.length);
  });

  it('any old and any new bytes, matched in small tiles', async () => {
    const bytes = fc.uint8Array({ maxLength: 400, max: 3 });
    await fc.assert(
      fc.asyncProperty(bytes, bytes, bytes, async (one, two, three) => {
        const old = concatBytes(one, two);
        const fresh = concatBytes(two, three, one);
        const patch = await makeIn(format, old, fresh, { sizes: { tile: 64, whole: 128, region: 128 } });
        expect(await applyTo(old, patch)).toEqual(fresh);
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  it('the same images give the same bytes', async () => {
    const [, , fresh] = PAIRS[7] ?? [];
    if (!fresh) throw new Error('there is such a pair');
    expect(await makeIn(format, BASE, fresh)).toEqual(await makeIn(format, BASE, fresh));
  });

  it('an image that changes while it is read is refused', async () => {
    const source = memorySource(Uint8Array.from(BASE));
    const digests = imagesOf(noise(40_000, 3), BASE);
    const { createIn } = await import('../../../../src/delta/compat/create.ts');
    const made = async () => {
      for await (const _ of createIn(format, source, source, { digests }));
    };
    expect(await codeOf(made())).toBe('input-changed');
  });
});

/** The tool that devices have applies a patch. */
const APPLIERS = {
  bsdiff40: (old: string, patch: string, out: string) => run('bspatch', [old, out, patch]),
  vcdiff: (old: string, patch: string, out: string) => run('xdelta3', ['-d', '-f', '-s', old, patch, out]),
} as const;
const TOOLS = { bsdiff40: ['bspatch', 'bsdiff'], vcdiff: ['xdelta3'] } as const;
const MAKERS = {
  bsdiff40: (old: string, fresh: string, out: string) => run('bsdiff', [old, fresh, out]),
  vcdiff: (old: string, fresh: string, out: string) =>
    run('xdelta3', ['-e', '-f', '-9', '-S', 'none', '-s', old, fresh, out]),
} as const;

describe.each(['bsdiff40', 'vcdiff'] as const)('%s and the tool that devices have', (format) => {
  const there = installed(...TOOLS[format]);
  const at = (name: string) => folder.at(name);

  it.skipIf(!there)('it applies what is made here', async () => {
    const firmware = [hubFirmware('old'), hubFirmware('new')] as const;
    for (const [name, old, fresh] of [...PAIRS, ['firmware', ...firmware] as const]) {
      // xdelta3 has nothing to do where one is empty.
      if (format === 'vcdiff' && old.length * fresh.length === 0) continue;
      writeFileSync(at('old'), old);
      writeFileSync(at('patch'), await makeIn(format, old, fresh));
      APPLIERS[format](at('old'), at('patch'), at('out'));
      expect(Buffer.compare(readFileSync(at('out')), fresh), name).toBe(0);
    }
  });

  it.skipIf(!there)('what it makes is applied here', async () => {
    const [old, fresh] = [hubFirmware('old'), hubFirmware('new')];
    writeFileSync(at('old'), old);
    writeFileSync(at('new'), fresh);
    MAKERS[format](at('old'), at('new'), at('patch'));
    const theirs = new Uint8Array(readFileSync(at('patch')));
    expect(Buffer.compare(await applyTo(old, theirs, { images: imagesOf(old, fresh) }), fresh)).toBe(0);
    // No larger than what it makes itself, by more than a little.
    expect((await makeIn(format, old, fresh)).length).toBeLessThan(theirs.length * 1.02);
  });

  const corpus = process.env.OTA_CORPUS ?? '';
  const kernel = `${corpus}/pairs/kernel-arm64`;
  it.skipIf(!there || !existsSync(kernel))('a 33 MB kernel (set OTA_CORPUS to a corpus folder)', async () => {
    const [old, fresh] = ['old', 'new'].map((which) => readFileSync(`${kernel}/${which}`));
    if (!old || !fresh) throw new Error('there are two versions');
    writeFileSync(at('patch'), await makeIn(format, old, fresh));
    APPLIERS[format](`${kernel}/old`, at('patch'), at('out'));
    expect(Buffer.compare(readFileSync(at('out')), fresh)).toBe(0);
  });
});

describe('memory', () => {
  const fresh = concatBytes(BASE, noise(30_000, 8));

  it.each([20_000, 40_000, 2 ** 20])(
    'a VCDIFF delta for %d bytes says that it takes no more',
    async (memory) => {
      const patch = await makeIn('vcdiff', BASE, fresh, { memory, sizes: TILES });
      const facts = await readFacts('vcdiff', memorySource(patch), BASE.length);
      expect(facts.memory).toBeLessThanOrEqual(memory);
      expect(await applyTo(BASE, patch, { maxMemory: facts.memory })).toEqual(fresh);
      expect(await codeOf(applyTo(BASE, patch, { maxMemory: facts.memory - 1 }))).toBe('delta-too-large');
    },
  );

  it('bspatch takes both images and three readers of bzip2', async () => {
    const takes = BASE.length + fresh.length + 3 * 3_700_000;
    expect(await codeOf(makeIn('bsdiff40', BASE, fresh, { memory: takes - 1 }))).toBe('delta-too-large');
    const patch = await makeIn('bsdiff40', BASE, fresh, { memory: takes });
    expect((await readFacts('bsdiff40', memorySource(patch), BASE.length)).memory).toBe(takes);
    expect(await codeOf(makeIn('vcdiff', BASE, fresh, { memory: 9000 }))).toBe('delta-too-large');
  });
});
