import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import { OtaError } from '../../src/core/errors.ts';
import { directoryStore } from '../../src/storage/directory.ts';
import { ALL_FAULTS } from '../support/counts.ts';
import { type DiskFault, withDiskFault } from '../support/faulty-fs.ts';
import { filesBelow } from '../support/folder.ts';
import { discard, faultScenario } from '../support/scenario.ts';

vi.mock('../../src/storage/lock-owner.ts', async (original) =>
  (await import('../support/restarted.ts')).restarted(
    await original<typeof import('../../src/storage/lock-owner.ts')>(),
  ),
);

const scenario = await faultScenario({ copied: true });
const { counts, folder } = scenario;
const original = join(folder, 'original');
const home = join(folder, 'store');
const scratch = join(folder, 'publishing');
await scenario.publish('1.0.0', directoryStore(original));

/** What devices are served, but for what a publisher leaves beside it. */
const served = () => [...filesBelow(home)].filter(([path]) => !/(?:^|\/)\.[^/]*$/.test(path));
/** One state of a store gives one verdict: many faults leave the same. */
const verdicts = new Map<string, string>();

/** What a device finds; then the same command is run again, and the device updates once more. */
async function oldOrNew(): Promise<string> {
  const state = sha256(
    Buffer.from(
      served()
        .map(([path, bytes]) => `${path} ${sha256(bytes)}\n`)
        .join(''),
    ),
  );
  const known = verdicts.get(state);
  if (known) return known;
  const device = scenario.device();
  const found = await scenario.consistent(device, directoryStore(home));
  const report = await scenario.publishUnseen('1.1.0', directoryStore(home), { scratch });
  expect(report.changed).toBe(found === '1.0.0');
  expect(await scenario.consistent(device, directoryStore(home))).toBe('1.1.0');
  discard(device);
  verdicts.set(state, found);
  return found;
}

it.each<readonly [string, DiskFault]>([
  ['power is cut', 'cut'],
  ['the disk fails (EIO)', 'broken'],
  ['a write is short', 'short'],
])(
  '%s at each change to the disk of a publish to a folder: old or new, and the next run completes',
  async (_, kind) => {
    const outcomes = { completed: 0, '1.0.0': 0, '1.1.0': 0 };
    let number = 1;
    // Every cut; of the others a sample, unless all are asked for.
    for (; ; number += kind === 'cut' || ALL_FAULTS ? 1 : 4) {
      rmSync(home, { recursive: true, force: true });
      rmSync(scratch, { recursive: true, force: true });
      cpSync(original, home, { recursive: true });
      const { error, changes } = await withDiskFault(kind, number, () =>
        scenario.publishUnseen('1.1.0', directoryStore(home), { scratch }),
      );
      if (changes.length < number) break;
      counts.faults += 1;
      if (kind === 'cut') counts.cuts += 1;
      else if (error !== undefined && !(error instanceof OtaError)) throw error;
      const found = await oldOrNew();
      if (error === undefined) {
        outcomes.completed += 1;
        expect(found).toBe('1.1.0');
      } else outcomes[found as '1.0.0' | '1.1.0'] += 1;
    }
    expect(number).toBeGreaterThan(60);
    if (kind === 'cut') expect(outcomes['1.1.0']).toBeGreaterThan(0);
    if (kind !== 'short') expect(outcomes['1.0.0']).toBeGreaterThan(12);
  },
  ALL_FAULTS ? 900_000 : 60_000,
);
