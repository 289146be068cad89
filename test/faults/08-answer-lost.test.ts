import { describe, expect, it } from 'vitest';
import { faultScenario, timestampVersion } from '../support/scenario.ts';
import { Cut } from '../support/writable-store.ts';

const scenario = await faultScenario();
const { folder } = scenario;

describe('the answer to the timestamp’s replacement is lost', () => {
  it('and the publish that is run again finds its work done, raising no version', async () => {
    const store = scenario.store.copy();
    store.fate = (_, request) => (request === 'replace' ? 'lose' : 'do');
    await expect(scenario.publish('1.1.0', store)).rejects.toBeInstanceOf(Cut);
    expect(timestampVersion(store)).toBe(2);
    store.fate = () => 'do';
    const before = new Map(store.objects);
    expect(await scenario.publish('1.1.0', store)).toMatchObject({ changed: false, roles: [] });
    expect(store.objects).toEqual(before);
    expect(await scenario.consistent(scenario.device(), store)).toBe('1.1.0');
  });

  it('and the store’s own second attempt is not taken for another publisher', async () => {
    const store = scenario.store.copy();
    const replace = store.replace.bind(store);
    store.replace = async (...request) => {
      await replace(...request);
      return replace(...request);
    };
    const report = await scenario.publish('1.1.0', store);
    expect(report.roles.at(-1)).toMatchObject({ role: 'timestamp', version: 2 });
    expect(timestampVersion(store)).toBe(2);
  });

  it('and another publisher’s timestamp is never taken for one’s own', async () => {
    const store = scenario.store.copy();
    const replace = store.replace.bind(store);
    store.replace = async (key, bytes, token, headers) => {
      store.replace = replace;
      await scenario.publish('1.2.0', store, { scratch: `${folder}/other` });
      return replace(key, bytes, token, headers);
    };
    expect(await scenario.publish('1.1.0', store)).toMatchObject({ changed: true, overtaken: 1 });
    expect(timestampVersion(store)).toBe(3);
    expect(await scenario.consistent(scenario.device(), store)).toBe('1.1.0');
  });
});

it('the answer to a creation is lost, and the store’s own second attempt finds it there', async () => {
  const store = scenario.store.copy();
  const create = store.create.bind(store);
  store.create = async (...request) => {
    await create(...request);
    return create(...request);
  };
  const report = await scenario.publish('1.1.0', store);
  expect(report.targets.every(({ status }) => status === 'present')).toBe(true);
  expect(await scenario.consistent(scenario.device(), store)).toBe('1.1.0');
});
