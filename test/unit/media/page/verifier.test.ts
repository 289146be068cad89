import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { adapters } from '../../../../scripts/page-adapters.mjs';
import { toHex, utf8 } from '../../../../src/core/bytes.ts';
import { DAY } from '../../../../src/core/time.ts';
import type { MediaLayout } from '../../../../src/media/layout.ts';
import type { PageData } from '../../../../src/media/page/data.ts';
import type * as Session from '../../../../src/media/page/session.ts';
import type * as Verdicts from '../../../../src/media/page/verdict.ts';
import type { FileState, Verdict } from '../../../../src/media/page/verdict.ts';
import { sharedFolder } from '../../../support/folder.ts';
import { NOW } from '../../../support/forge.ts';
import { HOSTILE_NOTES, type PageMedium, pageMedium } from '../../../support/media-page.ts';
import { RELEASE, STABLE, version } from '../../../support/release.ts';

const folder = sharedFolder();
let medium: PageMedium;
let session: typeof Session & typeof Verdicts;

beforeAll(async () => {
  medium = await pageMedium(folder);
  // As it runs in a browser: without anything of Node's.
  const outfile = join(folder, 'session.mjs');
  await build({
    stdin: {
      contents: `export * from './session.ts'; export * from './verdict.ts';`,
      resolveDir: join(import.meta.dirname, '../../../../src/media/page'),
      loader: 'ts',
    },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    outfile,
    plugins: [adapters],
  });
  session = await import(pathToFileURL(outfile).href);
});

const refused = async (data: PageData, root = 1): Promise<string> => {
  const answer = await session.answerTo(data, medium.fingerprint(root));
  return answer.kind === 'refused' ? answer.why : expect.fail(`it was ${answer.kind}`);
};

const genuine = (): Map<string, FileState> =>
  new Map([...medium.files.keys()].map((key) => [key, 'genuine']));

interface Asked {
  readonly typed?: string | undefined;
  readonly now?: number;
  readonly data?: PageData;
}

/** What is said of states of files, by what a medium says and a fingerprint gives: both are found out once. */
async function judge(options: Asked = {}): Promise<(states: ReadonlyMap<string, FileState>) => Verdict> {
  const { now = NOW, data = medium.data } = options;
  const typed = 'typed' in options ? options.typed : medium.fingerprint(1);
  const said = await session.saidBy(data);
  const answer = typed === undefined ? undefined : await session.answerTo(data, typed);
  return (states) => session.verdictOf(session.findingsOf({ said, answer, states }, now));
}

const verdict = async (states: ReadonlyMap<string, FileState>, options?: Asked): Promise<Verdict> =>
  (await judge(options))(states);

describe('a medium that is right', () => {
  test('follows from each of its roots', async () => {
    for (const root of [1, 2]) {
      const answer = await session.answerTo(medium.data, medium.fingerprint(root));
      expect(answer).toMatchObject({ kind: 'held', medium: { anchor: { version: root }, lacks: [] } });
    }
  });

  test('shows what is on it, notes as the text that they are', async () => {
    const said = await session.saidBy(medium.data);
    const [product] = 'medium' in said ? said.medium.products : [];
    expect(product).toMatchObject({
      product: 'gateway',
      hardware: ['gw-a1'],
      age: { made: NOW, said: true },
      releases: [
        {
          version: '1.1.0',
          channel: 'stable',
          place: 'given',
          notes: [{ name: 'notes.md', text: HOSTILE_NOTES }],
          components: [
            { name: 'boot', full: true, deltas: [], lacking: [] },
            { name: 'radio', full: true, deltas: ['1.0.0'], lacking: [] },
          ],
        },
      ],
    });
  });

  test('knows every file by what is signed of it', async () => {
    const said = await session.saidBy(medium.data);
    const expected = 'medium' in said ? said.medium.expected : [];
    expect(expected.map(({ key }) => key)).toEqual([...medium.files.keys()]);
    expect(expected.filter(({ signed }) => !signed).map(({ key }) => key)).toEqual([]);
    const what = (end: string) => expected.find(({ key }) => key === medium.find(end))?.what;
    expect(what('.otad')).toBe('gateway 1.1.0: changes to radio from 1.0.0');
    expect(what('2.root.json')).toBe('signed list “root”, version 2');
  });

  test('is good only when the signatures and every file are', async () => {
    expect(await verdict(genuine())).toMatchObject({ mood: 'good' });
    expect(await verdict(genuine(), { typed: undefined })).toMatchObject({ mood: 'open' });
    expect(await verdict(new Map())).toMatchObject({ mood: 'open' });
    const said = await judge();
    for (const key of medium.files.keys()) {
      for (const state of ['changed', 'missing', 'torn', 'unreadable'] as const) {
        const { mood, why } = said(genuine().set(key, state));
        expect(mood, `${key} ${state}`).toBe('bad');
        expect(why.join('\n')).toContain(key);
      }
      const states = genuine();
      states.delete(key);
      expect(said(states).mood, `${key} not chosen`).toBe('open');
    }
  });

  test('is told to be too old once its first role has expired, where nothing else is signed', async () => {
    expect(await verdict(genuine(), { now: NOW + 29 * DAY })).toMatchObject({ mood: 'good' });
    expect(await verdict(genuine(), { now: NOW + 31 * DAY })).toMatchObject({
      mood: 'warn',
      headline: 'Genuine, but too old',
      why: expect.arrayContaining([expect.stringMatching(/^gateway: timestamp version \d+ expired at /)]),
    });
  });
});

describe('a fingerprint', () => {
  test('of another root is refused, and of a key told apart', async () => {
    const data = medium.data;
    const [other, key] = [
      await session.answerTo(data, 'ab'.repeat(32)),
      await session.answerTo(data, RELEASE.publicKey.keyid),
    ];
    expect(other).toMatchObject({ kind: 'refused', why: expect.stringContaining('None of the 2 roots') });
    expect(key).toMatchObject({ kind: 'refused', why: expect.stringContaining('fingerprint of a key') });
    expect(toHex(RELEASE.publicKey.raw)).not.toBe(RELEASE.publicKey.keyid);
  });

  test('with a slip is told where it is, and the right digits are not', async () => {
    const right = medium.fingerprint(2);
    const digit = right[22] === '0' ? '1' : '0';
    const answer = await session.answerTo(medium.data, right.slice(0, 22) + digit + right.slice(23));
    expect(answer).toMatchObject({ kind: 'slip', message: expect.stringContaining('6th group') });
    expect(JSON.stringify(answer)).not.toContain(right.slice(20, 24));
  });
});

describe('a medium that was changed', () => {
  test.each([
    'timestamp.json',
    'snapshot.json',
    'targets.json',
    '.gateway.json',
    'gateway.channels.json',
    '1.root.json',
    '2.root.json',
    'manifest.json',
    'stable.json',
    'notes.md',
  ])('in %s is refused', async (end) => {
    const keys = [...medium.files.keys()].filter((key) => key.endsWith(end));
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      // Those of the old release are not read for the new one.
      if (key.includes('/1.0.0/')) continue;
      const { data } = medium.flipped(key, { listed: true });
      const said = await session.saidBy(data);
      expect('fault' in said, key).toBe(true);
      const answer = await session.answerTo(data, medium.fingerprint(key.includes('1.root') ? 2 : 1));
      expect(answer.kind, key).toBe('refused');
    }
  });

  test('in what its list says of a payload is refused', async () => {
    const { data } = medium.flipped(medium.find('/1.1.0/', '.boot'), { listed: true });
    expect(await refused(data)).toContain('the list of the medium has another digest');
  });

  test('by signatures of others is refused as changed', async () => {
    const document = JSON.parse(new TextDecoder().decode(medium.get('metadata/timestamp.json')));
    document.signed.expires = '2099-01-01T00:00:00Z';
    const { data } = medium.changed('metadata/timestamp.json', utf8(JSON.stringify(document)), {
      listed: true,
    });
    expect(await refused(data)).toMatch(/^A signed list on it was changed.*timestamp.* 0 valid signatures/);
  });

  test('without the root of the fingerprint is refused', async () => {
    const key = 'metadata/1.root.json';
    expect(await refused(medium.changed(key, undefined, { listed: true }).data)).toContain(
      'The root on this medium has',
    );
  });

  test('without a role, without a manifest, without a payload that devices need is not complete', async () => {
    expect(
      await refused(medium.changed(medium.find('.gateway.json'), undefined, { listed: true }).data),
    ).toMatch(/^A part of it is missing/);
    const manifest = medium.find('/1.1.0/', 'manifest.json');
    expect(await refused(medium.changed(manifest, undefined, { listed: true }).data)).toMatch(
      /^A part of it is missing/,
    );
    const boot = medium.find('/1.1.0/', '.boot');
    const { data } = medium.changed(boot, undefined, { listed: true });
    expect(await verdict(genuine(), { data })).toMatchObject({
      mood: 'bad',
      headline: 'Not all is on it',
      why: ['gateway 1.1.0: boot for devices that have 1.0.0 is not on the medium'],
    });
  });

  test('to name a release that its channel does not give out is refused', async () => {
    const { layout, files } = medium.data;
    const [entry] = layout.for;
    const said = {
      ...layout,
      for: [{ ...entry, releases: [{ channel: STABLE, version: version('9.9.9') }] }],
    };
    expect(await refused({ layout: said as MediaLayout, files })).toContain('gateway 9.9.9 on stable');
  });
});
