import { expect, it } from 'vitest';
import { refusal } from '../support/client.ts';
import type { Quirks } from '../support/fake-s3.ts';
import { s3OfFaults } from '../support/s3-scenario.ts';
import { faultScenario } from '../support/scenario.ts';

const scenario = await faultScenario();
const s3 = s3OfFaults();

it.each<readonly [string, Quirks]>([
  ['accepts a second write', { ifNoneMatch: 'ignored' }],
  ['does not know If-None-Match (501)', { ifNoneMatch: 'unsupported' }],
  ['replaces what somebody else has replaced', { ifMatch: 'ignored' }],
  ['does both', { ifNoneMatch: 'ignored', ifMatch: 'ignored' }],
])(
  'a store that %s is not written to, unless the user states that there is a single writer',
  async (_, quirks) => {
    s3.fill(scenario.store, quirks);
    const before = [...s3.fake.objects.keys()];
    const error = await refusal(async () => scenario.publishUnseen('1.1.0', await s3.open()));
    scenario.counts.faults += 1;
    expect(error).toMatchObject({ code: 'store-unsafe', exitCode: 6, where: 's3://bucket/ota' });
    expect(error.hint).toContain('--single-writer');
    expect([...s3.fake.objects.keys()]).toEqual(before);

    const alone = await s3.open({ singleWriter: true });
    expect(await scenario.publishUnseen('1.1.0', alone)).toMatchObject({ changed: true });
    expect(await scenario.publishUnseen('1.1.0', alone)).toMatchObject({ changed: false });
    expect(await scenario.consistent(scenario.device(), s3.held())).toBe('1.1.0');
  },
);

it('the strongest way that a store offers is used: what is asked of it, the single writer’s store as well', async () => {
  for (const [quirks, singleWriter] of [
    [{}, false],
    [{ ifMatch: 'bare' }, false],
    [{ ifMatch: 'bare' }, true],
  ] as const) {
    s3.fill(scenario.store, quirks);
    await scenario.publishUnseen('1.1.0', await s3.open({ singleWriter }));
    const writes = s3.fake.asked.filter(
      ({ method, path }) => method === 'PUT' && !path.includes('.ota-probe'),
    );
    const conditions = writes.map(({ headers }) => headers['if-none-match'] ?? headers['if-match']);
    expect(conditions.slice(0, -1).every((condition) => condition === '*')).toBe(true);
    expect(conditions.at(-1)).toMatch('ifMatch' in quirks ? /^[0-9a-f]{32}$/ : /^"[0-9a-f]{32}"$/);
  }
});
