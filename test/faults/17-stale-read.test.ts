import { expect, it } from 'vitest';
import { TIMESTAMP_KEY } from '../../src/repository/layout.ts';
import { refusal } from '../support/client.ts';
import { faultScenario, timestampVersion } from '../support/scenario.ts';
import { WritableStore } from '../support/writable-store.ts';

const scenario = await faultScenario();

/** Serves the timestamp as it was when it was made, for so many reads of it. */
class CachedStore extends WritableStore {
  stale: number;
  readonly #kept: Uint8Array | undefined;

  constructor(from: WritableStore, stale: number) {
    super(from.objects);
    this.stale = stale;
    this.#kept = from.objects.get(TIMESTAMP_KEY);
  }

  override async read(key: string, maxBytes: number) {
    if (key !== TIMESTAMP_KEY || this.stale === 0 || !this.#kept) return super.read(key, maxBytes);
    this.stale -= 1;
    scenario.counts.faults += 1;
    return new WritableStore([[key, this.#kept]]).read(key, maxBytes);
  }
}

it('a timestamp that is served late is waited for', async () => {
  // One read starts the publish, three come after the replacement.
  const store = new CachedStore(scenario.store, 4);
  expect(await scenario.publishUnseen('1.1.0', store)).toMatchObject({ changed: true });
  expect(timestampVersion(store)).toBe(2);
});

it('one that is never served is reported, and the same command does nothing twice', async () => {
  const store = new CachedStore(scenario.store, Number.POSITIVE_INFINITY);
  const error = await refusal(() => scenario.publishUnseen('1.1.0', store));
  expect(error).toMatchObject({ code: 'store-stale', exitCode: 6 });
  expect(error.message).toContain('still serves the one before');
  expect(timestampVersion(store)).toBe(2);
  // What devices see is the old release, whole.
  const device = scenario.device();
  expect(await scenario.consistent(device, new WritableStore(old(store)))).toBe('1.0.0');

  // It starts from what it is shown, and is refused each time.
  const again = await refusal(() => scenario.publishUnseen('1.1.0', store));
  expect(again).toMatchObject({ code: 'store-stale', exitCode: 6 });
  expect(timestampVersion(store)).toBe(2);

  store.stale = 0;
  expect(await scenario.publishUnseen('1.1.0', store)).toMatchObject({ changed: false });
  expect(timestampVersion(store)).toBe(2);
  expect(await scenario.consistent(device, store)).toBe('1.1.0');
});

it('another publisher’s release is never lowered by one that reads what was there before it', async () => {
  const behind = scenario.store.copy();
  await scenario.publish('1.1.0', behind);
  for (let reads = 1; reads <= 8; reads += 1) {
    const store = new CachedStore(scenario.store, reads);
    for (const [key, bytes] of behind.objects) store.objects.set(key, bytes);
    const outcome = await scenario.publishUnseen('1.2.0', store).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'store-stale' });
    expect(timestampVersion(store)).toBe(outcome instanceof Error ? 2 : 3);
    store.stale = 0;
    await scenario.publish('1.2.0', store);
    expect(timestampVersion(store)).toBe(3);
  }
});

/** The objects as they were, and those that were added. */
const old = (store: WritableStore) =>
  new Map([...store.objects, ...[...scenario.store.objects].filter(([key]) => key === TIMESTAMP_KEY)]);
