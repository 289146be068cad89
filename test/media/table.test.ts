import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { OtaError } from '../../src/core/errors.ts';
import { DAY, type Seconds } from '../../src/core/time.ts';
import type { NewDevice } from '../../src/device/new-device.ts';
import type { UpdateReport } from '../../src/device/report.ts';
import { MEDIA_FILE } from '../../src/media/layout.ts';
import { filesBelow, sharedFolder } from '../support/folder.ts';
import { NOW } from '../support/forge.ts';
import {
  type Fleet,
  type FleetVersion,
  imagesAt,
  LIMIT,
  LONG_AGO,
  makeFleet,
  OTHER_MAKER,
} from '../support/media-fleet.ts';
import { memoryMedium, updateFrom } from '../support/medium.ts';
import { makeTrust, name } from '../support/release.ts';
import { slotsOf } from '../support/scenario.ts';
import type { WritableStore } from '../support/writable-store.ts';

// Nothing loses power here, so nothing waits for the disk.
vi.mock('node:fs/promises', async (original) =>
  (await import('../support/faulty-fs.ts')).faultyFs(await original<typeof import('node:fs/promises')>()),
);
vi.mock('../../src/keys/ed25519.ts', async (original) =>
  (await import('../support/memoized.ts')).memoized(
    await original<typeof import('../../src/keys/ed25519.ts')>(),
  ),
);

/** Every outcome with what a technician is told, made and compared here: `OTA_WRITE_TABLE=1` writes it anew. */
const PAGE = fileURLToPath(new URL('../../docs/media-outcomes.md', import.meta.url));

const MEDIA = [
  ['fresh', 'made today, with 1.2.0'],
  ['expired', 'made 600 days ago, with 1.2.0, for 548 days'],
  ['expired, strict', 'the same, where the product says nothing of media'],
  ['expired, advice', 'the same, where age is advice'],
  ['older', 'made today, with 1.0.0'],
  ['cut short', 'the payload and the deltas of `radio` end too early'],
  ['a file changed', 'the payload and the deltas of `radio` are damaged'],
  ['a delta changed', 'the deltas are damaged, the payload is sound'],
  ['metadata changed', 'the snapshot is damaged'],
  ['a file missing', 'the payload and the deltas of `radio` are not there'],
  ['not finished', '`ota-media.json` is not there'],
  ['foreign', "another maker's, of a product of the same name"],
  ['read-only', 'as fresh; every attempt to write to it fails the test'],
  ['removed', 'as fresh; from the middle on nothing can be read'],
] as const;
type Medium = (typeof MEDIA)[number][0];

interface Row {
  readonly what: string;
  readonly has?: FleetVersion;
  readonly clock?: 'trusted';
  readonly behind?: boolean;
  readonly hardware?: string;
  readonly now?: Seconds;
  /** What becomes of it with each medium, in the order of `MEDIA`. */
  readonly outcomes: string;
}

/**
 * `1.2.0`: that is installed, and `=` where the device has it; else the code that it is refused with, and everything stays as it was.
 * Beside `1.2.0`, `+` where a note comes with it, and `~` where a full payload took the place of a delta.
 */
const ROWS: Readonly<Record<string, Row>> = {
  fresh: {
    what: 'new from its maker, root 1, with a clock',
    clock: 'trusted',
    outcomes: `1.2.0 | expired | expired | 1.2.0 + | 1.0.0 | incomplete | damaged | 1.2.0 | damaged | incomplete | incomplete | foreign | 1.2.0 | removed`,
  },
  old: {
    what: 'has 1.1.0, root 6, with a clock',
    has: '1.1.0',
    clock: 'trusted',
    outcomes: `1.2.0 | expired | expired | 1.2.0 + | older | incomplete | damaged | 1.2.0 ~ | damaged | incomplete | incomplete | foreign | 1.2.0 | removed`,
  },
  newer: {
    what: 'has 1.3.0, root 6, with a clock',
    has: '1.3.0',
    clock: 'trusted',
    outcomes: `older | older | older | older | older | older | older | older | damaged | older | incomplete | foreign | older | removed`,
  },
  'root 5 behind': {
    what: 'has 1.1.0, root 1 where the medium has 6, with a clock',
    has: '1.1.0',
    clock: 'trusted',
    behind: true,
    outcomes: `1.2.0 | expired | expired | 1.2.0 + | older | incomplete | damaged | 1.2.0 ~ | damaged | incomplete | incomplete | foreign | 1.2.0 | removed`,
  },
  'clock unset': {
    what: 'has 1.1.0, no clock; it has taken a medium of 650 days ago, and knows no later time',
    has: '1.1.0',
    now: 0,
    outcomes: `1.2.0 | 1.2.0 | 1.2.0 | 1.2.0 | older | incomplete | damaged | 1.2.0 ~ | damaged | incomplete | incomplete | foreign | 1.2.0 | removed`,
  },
  'clock in the past': {
    what: 'has 1.1.0; its maker says that its clock is right, and it says 1970',
    has: '1.1.0',
    clock: 'trusted',
    now: 0,
    outcomes: `1.2.0 + | 1.2.0 + | 1.2.0 + | 1.2.0 + | older | incomplete | damaged | 1.2.0 + ~ | damaged | incomplete | incomplete | foreign | 1.2.0 + | removed`,
  },
  'clock in the future': {
    what: 'has 1.1.0; its maker says that its clock is right, and it says ten years from now',
    has: '1.1.0',
    clock: 'trusted',
    now: NOW + 3650 * DAY,
    outcomes: `expired | expired | expired | 1.2.0 + | older | expired | expired | expired | damaged | expired | incomplete | foreign | expired | removed`,
  },
  'up to date': {
    what: 'has 1.2.0, root 6, with a clock',
    has: '1.2.0',
    clock: 'trusted',
    outcomes: `= | = | = | = + | older | = | = | = | damaged | = | incomplete | foreign | = | removed`,
  },
  'wrong hardware': {
    what: 'new from its maker, of hardware `gw-z9`, which the release is not for',
    hardware: 'gw-z9',
    outcomes: `hardware | hardware | hardware | hardware | hardware | hardware | hardware | hardware | damaged | hardware | incomplete | foreign | hardware | removed`,
  },
};

const CODES: Readonly<Record<string, string>> = {
  expired: 'media-expired',
  older: 'media-older',
  incomplete: 'media-incomplete',
  damaged: 'media-damaged',
  foreign: 'media-foreign',
  removed: 'media-removed',
  hardware: 'hardware-mismatch',
};

const folder = sharedFolder();
let fleet: Fleet;
let media: Readonly<Record<Medium, () => WritableStore>>;

beforeAll(async () => {
  fleet = await makeFleet(folder);
  const at = (made: Seconds, profile = {}) =>
    fleet.store('1.2.0', made, { profile: { ...LIMIT, ...profile } });
  const fresh = await at(NOW);
  const expired = await at(NOW - 600 * DAY);
  const strict = await fleet.store('1.2.0', NOW - 600 * DAY);
  const advice = await fleet.store('1.2.0', NOW - 600 * DAY, { profile: { expiry: 'advice', counter: 0 } });
  const older = await fleet.store('1.0.0', NOW, { profile: LIMIT });
  const { release, online } = OTHER_MAKER;
  const others = await makeTrust(release, online);
  const foreign = await fleet.store('1.2.0', NOW, { trust: others, signers: [release, online] });
  const isRadio = (key: string) => /\.radio(?:\.from\.|$)/.test(key);
  const spoiled =
    (which: (key: string) => boolean, spoil: (medium: WritableStore, key: string) => void) => () => {
      const medium = memoryMedium(fresh);
      for (const key of medium.keys().filter(which)) spoil(medium, key);
      return medium;
    };
  const flip = (medium: WritableStore, key: string) => {
    const bytes = Uint8Array.from(medium.objects.get(key) ?? []);
    bytes.set([(bytes[bytes.length >> 1] ?? 0) ^ 1], bytes.length >> 1);
    medium.objects.set(key, bytes);
  };
  const cut = (medium: WritableStore, key: string) =>
    medium.objects.set(key, (medium.objects.get(key) ?? new Uint8Array()).subarray(0, -7));
  const remove = (medium: WritableStore, key: string) => medium.objects.delete(key);
  media = {
    fresh: () => memoryMedium(fresh),
    expired: () => memoryMedium(expired),
    'expired, strict': () => memoryMedium(strict),
    'expired, advice': () => memoryMedium(advice),
    older: () => memoryMedium(older),
    'cut short': spoiled(isRadio, cut),
    'a file changed': spoiled(isRadio, flip),
    'a delta changed': spoiled((key) => key.includes('.from.'), flip),
    'metadata changed': spoiled((key) => key.endsWith('.snapshot.json'), flip),
    'a file missing': spoiled(isRadio, remove),
    'not finished': spoiled((key) => key === MEDIA_FILE, remove),
    foreign: () => memoryMedium(foreign),
    'read-only': () => {
      const medium = memoryMedium(fresh);
      medium.fate = (_, request) => {
        if (['read', 'stat', 'stream'].includes(request)) return 'do';
        throw new Error(`${request} on a read-only medium`);
      };
      return medium;
    },
    removed: () => {
      const medium = memoryMedium(fresh);
      medium.fate = (number) => {
        if (number < 12) return 'do';
        throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
      };
      return medium;
    },
  };
});

interface Found {
  readonly outcome: string;
  readonly said: string;
}

async function tried({ has, clock, behind, hardware, now = NOW }: Row, medium: Medium): Promise<Found> {
  const device = has
    ? await fleet.device(has, { ...(clock ? { clock } : {}), ...(behind ? { behind } : {}) })
    : fleet.folder();
  const create: NewDevice = has
    ? {}
    : fleet.create({
        ...(clock ? { clock } : {}),
        ...(hardware === undefined ? {} : { hardware: name(hardware) }),
      });
  const before = filesBelow(device);
  try {
    const report = await updateFrom(media[medium](), device, { create, now });
    expect(slotsOf(device)).toEqual(imagesAt(String(report.to) as FleetVersion));
    return { outcome: symbolOf(report), said: '' };
  } catch (error) {
    if (!(error instanceof OtaError)) throw error;
    // But for a root that counts from now on, and files that are fetched already, the device is as it was.
    const kept = ([path]: readonly [string, Buffer]) => !/^(?:trust|cache|lock)/.test(path);
    const after = [...filesBelow(device)].filter(kept);
    if (has) expect(after).toEqual([...before].filter(kept));
    else expect(after.map(([path]) => path).filter((path) => path !== 'device.json')).toEqual([]);
    const faults = error.faults.map(({ where, message }) => ` ${where}: ${message};`).join('');
    const outcome = Object.entries(CODES).find(([, code]) => code === error.code)?.[0] ?? error.code;
    return { outcome, said: `${error.message}.${faults} ${error.hint ?? ''}` };
  } finally {
    rmSync(device, { recursive: true, force: true });
  }
}

const symbolOf = ({ to, changed, components, medium }: UpdateReport): string =>
  [
    changed ? to : '=',
    ...((medium?.advice.length ?? 0) > 0 ? ['+'] : []),
    ...(components.some(({ fellBack }) => fellBack) ? ['~'] : []),
  ].join(' ');

describe('what becomes of a device with a medium', () => {
  const all = new Map<string, readonly Found[]>();

  it.each(Object.entries(ROWS))('%s: as it is written down', async (key, row) => {
    const found: Found[] = [];
    for (const [medium] of MEDIA) found.push(await tried(row, medium));
    all.set(key, found);
    const expected = row.outcomes.split('|').map((item) => item.trim());
    const table = (outcomes: readonly string[]) =>
      MEDIA.map(([medium], index) => `${medium}: ${outcomes[index]}`);
    expect(table(found.map(({ outcome }) => outcome))).toEqual(table(expected));
  });

  it('is in the documentation with every word that the technician is told', () => {
    const page = pageOf(all);
    if (process.env.OTA_WRITE_TABLE) writeFileSync(PAGE, page);
    expect(readFileSync(PAGE, 'utf8')).toBe(page);
  });
});

function pageOf(all: ReadonlyMap<string, readonly Found[]>): string {
  const said = new Map<string, Map<string, string[]>>();
  for (const [row, found] of all) {
    for (const [index, { outcome, said: text }] of found.entries()) {
      if (text === '') continue;
      const code = CODES[outcome] ?? outcome;
      const texts = said.get(code) ?? new Map<string, string[]>();
      const key = text.replace(/[0-9a-f]{64}/g, (digest) => `${digest.slice(0, 8)}…`);
      texts.set(key, [...(texts.get(key) ?? []), `${row} × ${MEDIA[index]?.[0]}`]);
      said.set(code, texts);
    }
  }
  const cells = [...all].map(
    ([row, found]) => `| **${row}** | ${found.map(({ outcome }) => cell(outcome)).join(' | ')} |`,
  );
  return `${[
    '# What becomes of a device with a medium',
    '',
    'Each device below met each medium; this page is written and compared by `test/media/table.test.ts`, which also holds that a device which',
    'refuses a medium is as it was. `1.2.0`: that is installed. `=`: the device has it, and nothing is done. Else the code of the refusal',
    '([errors](errors.md)), with the prefix `media-` left out. `+`: with a note about its age or the clock. `~`: a full payload took the place of a damaged delta.',
    '',
    `| device | ${MEDIA.map(([medium]) => medium).join(' | ')} |`,
    `|---|${MEDIA.map(() => '---|').join('')}`,
    ...cells,
    '',
    '## The devices',
    '',
    ...Object.entries(ROWS).map(([row, { what }]) => `- **${row}**: ${what}.`),
    '',
    '## The media',
    '',
    'All are for 548 days from when they were made, unless another rule is named.',
    '',
    ...MEDIA.map(([medium, what]) => `- **${medium}**: ${what}.`),
    '',
    '## What the technician is told',
    '',
    ...[...said]
      .sort()
      .flatMap(([code, texts]) => [
        `### \`${code}\``,
        '',
        ...[...texts].flatMap(([text, where]) => [`> ${text}`, '', `${where.join(', ')}`, '']),
      ]),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

const cell = (outcome: string): string =>
  /^[1=]/.test(outcome) ? outcome.replace(' ', ' ') : (CODES[outcome] ?? outcome).replace('media-', '');

it('devices of the table were made long ago', () => {
  expect(LONG_AGO).toBeLessThan(NOW - 600 * DAY);
});
