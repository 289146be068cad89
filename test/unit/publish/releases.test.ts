import { describe, expect, it } from 'vitest';
import { checkCounters, componentOf, isPublished, releasesOf } from '../../../src/publish/releases.ts';
import { encodeManifestCustom, encodePayloadCustom } from '../../../src/repository/custom.ts';
import type { TargetFile, Targets } from '../../../src/repository/model.ts';
import { name, version } from '../../support/release.ts';
import { thrown } from '../keys/thrown.ts';

const GATEWAY = name('gateway');
const digest = (letter: string) => ({ length: 10, sha256: letter.repeat(64) });

function release(
  text: string,
  sequence: number,
  counters: Readonly<Record<string, number>>,
): [string, TargetFile][] {
  const hardwareIds = [name('gw-a1')];
  const manifest: [string, TargetFile] = [
    `gateway/${text}/manifest.json`,
    {
      ...digest('a'),
      custom: encodeManifestCustom({
        product: GATEWAY,
        version: version(text),
        hardwareIds,
        sequence,
        time: 0,
      }),
    },
  ];
  const payloads = Object.entries(counters).map(([component, releaseCounter]): [string, TargetFile] => [
    `gateway/${text}/${component}`,
    {
      ...digest('b'),
      custom: encodePayloadCustom({
        hardwareIds,
        releaseCounter,
        domain: 'app',
        component: name(component),
        version: version(text),
        image: digest('c'),
        compression: 'none',
      }),
    },
  ]);
  return [manifest, ...payloads];
}

const role = (...entries: readonly [string, TargetFile][]): Targets => ({
  type: 'targets',
  version: 1,
  expires: 0,
  targets: new Map(entries),
});

describe('releasesOf', () => {
  it('gives the newest first, by when they were first listed and not by their versions', () => {
    const listed = role(...release('9.0.0', 1, {}), ...release('1.0.0', 12, {}), ...release('10.0.0', 3, {}));
    expect(releasesOf(listed).map((item) => item.version)).toEqual(['1.0.0', '10.0.0', '9.0.0']);
    expect(releasesOf(listed)[0]?.manifest).toEqual(digest('a'));
    expect(releasesOf(undefined)).toEqual([]);
  });

  it('passes over a manifest under another path than its own', () => {
    const [[, file] = ['', undefined]] = release('1.0.0', 1, {});
    if (!file) throw new Error('no release');
    expect(releasesOf(role(['gateway/2.0.0/manifest.json', file]))).toEqual([]);
  });

  it('refuses a manifest that does not say what it is', () => {
    const bare = role(['gateway/1.0.0/manifest.json', digest('a')]);
    expect(thrown(() => releasesOf(bare)).code).toBe('shape-invalid');
  });
});

it('componentOf finds a component of a release, or that it has none', () => {
  const listed = role(...release('1.0.0', 1, { radio: 4 }));
  const [first] = releasesOf(listed);
  if (!first) throw new Error('no release');
  expect(componentOf(listed, first, name('radio'))).toMatchObject({
    path: 'gateway/1.0.0/radio',
    counter: 4,
    image: digest('c'),
    compression: 'none',
  });
  expect(componentOf(listed, first, name('boot'))).toBeUndefined();
});

describe('isPublished', () => {
  const releases = releasesOf(role(...release('1.0.0-A', 1, {})));
  const asked = (text: string, letter: string) =>
    isPublished(releases, { product: GATEWAY, version: version(text), manifest: digest(letter) });

  it('is told by the version and the manifest’s digest', () => {
    expect(asked('1.0.0-A', 'a')).toBe(true);
    expect(asked('1.0.1', 'a')).toBe(false);
  });

  it.each([
    ['1.0.0-A', 'b'],
    ['1.0.0-a', 'a'],
    ['1.0.0-a', 'b'],
  ])('refuses %s with the manifest %s', (text, letter) => {
    expect(thrown(() => asked(text, letter))).toMatchObject({
      code: 'release-exists',
      message: expect.stringContaining('gateway 1.0.0-A is published already'),
    });
  });
});

describe('checkCounters', () => {
  const listed = role(...release('1.0.0', 1, { radio: 5, boot: 1 }), ...release('2.0.0', 2, { radio: 7 }));
  const check = (radio: number, boot: number, of?: string) =>
    checkCounters(
      listed,
      [
        { name: name('radio'), counter: radio },
        { name: name('boot'), counter: boot },
        { name: name('new'), counter: 0 },
      ],
      releasesOf(listed).filter((item) => of === undefined || item.version === of),
    );

  it('takes what is at or above every published release', () => {
    expect(() => check(7, 1)).not.toThrow();
    expect(() => checkCounters(undefined, [{ name: name('radio'), counter: 0 }], [])).not.toThrow();
  });

  it('names each component once, with the newest release that is above it', () => {
    const error = thrown(() => check(4, 0));
    expect(error).toMatchObject({ code: 'counter-lower', exitCode: 3 });
    expect(error.faults).toEqual([
      { where: 'radio', message: 'has counter 4, release 2.0.0 has 7' },
      { where: 'boot', message: 'has counter 0, release 1.0.0 has 1' },
    ]);
  });

  it('compares with the highest counters of the archive, which names no release but one', () => {
    const archived = new Map([[name('boot'), { counter: 9, release: version('0.9.0') }]]);
    const boot = (counter: number) =>
      checkCounters(listed, [{ name: name('boot'), counter }], releasesOf(listed), archived);
    expect(() => boot(9)).not.toThrow();
    expect(thrown(() => boot(8)).faults).toEqual([
      { where: 'boot', message: 'has counter 8, release 0.9.0 has 9' },
    ]);
    expect(() => check(7, 1)).not.toThrow();
  });

  it('compares with some releases only where it is told to', () => {
    expect(() => check(5, 1, '1.0.0')).not.toThrow();
    expect(thrown(() => check(5, 1, '2.0.0')).faults).toHaveLength(1);
  });
});
