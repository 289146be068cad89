import { beforeAll, describe, expect, it } from 'vitest';
import { statusReport } from '../../../src/cli/status.ts';
import { DAY } from '../../../src/core/time.ts';
import { dueWithin, readStanding } from '../../../src/publish/status.ts';
import { refusal } from '../../support/client.ts';
import { sharedFolder } from '../../support/folder.ts';
import { NOW } from '../../support/forge.ts';
import { makeTrust, ONLINE, RELEASE } from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { makeScenario, type Scenario } from '../../support/scenario.ts';
import { signerNamed } from '../../support/signers.ts';

const folder = sharedFolder();
let scenario: Scenario;
beforeAll(async () => {
  scenario = await makeScenario(folder);
});
const standing = () => readStanding(scenario.trust, scenario.store);
const due = async (now: number, within: number) =>
  dueWithin(await standing(), now, within).map(({ role }) => role);

describe('who holds what', () => {
  it('is read from the store, root first and the timestamp last', async () => {
    const { roles, keys } = await standing();
    expect(roles.map(({ role, threshold, keyids, version }) => [role, version, threshold, keyids])).toEqual([
      ['root', 1, 1, [RELEASE.publicKey.keyid]],
      ['targets', 1, 1, [RELEASE.publicKey.keyid]],
      ['gateway', 1, 1, [RELEASE.publicKey.keyid]],
      ['gateway.channels', 1, 1, [ONLINE.publicKey.keyid]],
      ['snapshot', 1, 1, [ONLINE.publicKey.keyid]],
      ['timestamp', 1, 1, [ONLINE.publicKey.keyid]],
    ]);
    expect([...keys.keys()].sort()).toEqual([RELEASE, ONLINE].map(({ publicKey }) => publicKey.keyid).sort());
  });

  it('is read from a trust folder alone, and is refused when that does not hold', async () => {
    const alice = signerNamed('alice');
    const next = await rotate(scenario.trust, { targets: { signers: [alice] }, by: [RELEASE, alice] });
    const { roles } = await readStanding(next, undefined);
    expect(roles.map(({ role, version }) => [role, version])).toEqual([
      ['root', 2],
      ['targets', 2],
      ['gateway', undefined],
      ['snapshot', undefined],
      ['timestamp', undefined],
    ]);
    const stale = { ...next, targetsBytes: scenario.trust.targetsBytes };
    expect((await refusal(() => readStanding(stale, undefined))).code).toBe('threshold-unmet');
  });

  it('is told although all of it has expired', async () => {
    const { roles } = await readStanding(await makeTrust(), undefined);
    expect(roles[0]?.expires).toBe(NOW + 730 * DAY);
    expect(await due(NOW + 9999 * DAY, 0)).toHaveLength(6);
  });
});

describe('what is due', () => {
  it('counts from a time before the expiry, the first one first', async () => {
    expect(await due(NOW + 334 * DAY, 30 * DAY)).toEqual(['snapshot', 'timestamp']);
    expect(await due(NOW + 335 * DAY, 30 * DAY)).toEqual([
      'snapshot',
      'timestamp',
      'gateway',
      'gateway.channels',
    ]);
    expect(await due(NOW + 700 * DAY, 30 * DAY)).toContain('root');
    expect(await due(NOW + 699 * DAY, 30 * DAY)).not.toContain('root');
  });

  it('never counts a role of which less than half of the life is over', async () => {
    expect(await due(NOW, 30 * DAY)).toEqual([]);
    expect(await due(NOW + 14 * DAY, 30 * DAY)).toEqual([]);
    expect(await due(NOW + 15 * DAY, 30 * DAY)).toEqual(['snapshot', 'timestamp']);
  });

  it('says who has to sign, and what to begin with', async () => {
    const options = { now: NOW + 720 * DAY, trust: 'trust', store: undefined, failWithin: 30 * DAY };
    const report = await statusReport(await readStanding(scenario.trust, undefined), options);
    expect(report.next).toMatchObject({
      role: 'root',
      daysLeft: 10,
      threshold: 1,
      keyids: [RELEASE.publicKey.keyid],
      commands: ['ota root init', 'ota root expiry 730d --role root'],
    });
    expect(report.due?.map(({ role }) => role)).toEqual(['root', 'targets']);
    expect(report.keys.find(({ keyid }) => keyid === RELEASE.publicKey.keyid)).toMatchObject({
      roles: ['root', 'targets', 'gateway'],
      words: expect.stringMatching(/^(?:[a-z]+ ){11}[a-z]+$/),
    });
  });
});
