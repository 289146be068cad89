import { beforeAll, expect, it } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import { OtaError } from '../../src/core/errors.ts';
import { ALL_FAULTS } from '../support/counts.ts';
import { type Answer, type Asked, type Fate, s3Fault } from '../support/fake-s3.ts';
import { s3OfFaults } from '../support/s3-scenario.ts';
import { discard, faultScenario, timestampVersion } from '../support/scenario.ts';

const scenario = await faultScenario({ copied: true });
const { counts } = scenario;
const s3 = s3OfFaults();

type Kind = (asked: Asked, since: number) => Fate | Promise<Fate>;

/** Goes wrong once, at the request itself. */
const once =
  (fault: Fate): Kind =>
  (_, since) =>
    since === 0 ? fault : undefined;
/** Goes wrong from there on, for good. */
const always =
  (fault: Fate): Kind =>
  () =>
    fault;
const error200: Answer = { ...s3Fault(500, 'InternalError'), status: 200 };

const KINDS: Readonly<Record<string, Kind>> = {
  'a request is never answered again': always('drop'),
  'the connection is cut once': once('drop'),
  'the answer is lost': once('lose'),
  'the answer is late': async (_, since) => {
    if (since === 0) await new Promise((done) => setTimeout(done, 20));
    return undefined;
  },
  '403, access denied': once(s3Fault(403, 'AccessDenied')),
  '403, credentials expired for good': always(s3Fault(403, 'ExpiredToken')),
  '409 once': once(s3Fault(409, 'ConditionalRequestConflict')),
  '412 without cause': once(s3Fault(412, 'PreconditionFailed')),
  '500 once': once(s3Fault(500, 'InternalError')),
  '500 for good': always(s3Fault(500, 'InternalError')),
  '501 once': once(s3Fault(501, 'NotImplemented')),
  '200 with an error inside': once(error200),
  'reads are stale from there on': ({ method, path }) =>
    method !== 'GET' && method !== 'HEAD' ? undefined : staleAnswer(method, path),
};

/** What the store held before anything of the publish. */
function staleAnswer(method: string, path: string): Answer {
  const before = s3.before.get(path);
  if (!before) return s3Fault(404, 'NoSuchKey');
  const headers = { ...before.headers, etag: before.etag, 'content-length': String(before.bytes.length) };
  return { status: 200, headers, ...(method === 'HEAD' ? {} : { body: before.bytes }) };
}

/** With OTA_FAULTS=all every kind meets every request; else every other write, and every sixth read. */
let requests: readonly Asked[];
beforeAll(async () => {
  s3.fill(scenario.store);
  await scenario.publishUnseen('1.1.0', await s3.open());
  requests = [...s3.fake.asked];
});

/** One state of a store gives one verdict: many faults leave the same. */
const verdicts = new Map<string, string>();

/** What a device finds; then the same command is run again, and the device updates once more. */
async function oldOrNew(): Promise<string> {
  const held = s3.held();
  const state = sha256(
    Buffer.from(
      [...held.objects]
        .map(([key, bytes]) => `${key} ${sha256(bytes)}\n`)
        .sort()
        .join(''),
    ),
  );
  const known = verdicts.get(state);
  if (known) return known;
  const device = scenario.device();
  const found = await scenario.consistent(device, held);
  const report = await scenario.publishUnseen('1.1.0', await s3.open());
  expect(report.changed).toBe(found === '1.0.0');
  expect(await scenario.consistent(device, s3.held())).toBe('1.1.0');
  expect(timestampVersion(s3.held())).toBe(2);
  discard(device);
  verdicts.set(state, found);
  return found;
}

it.each(Object.entries(KINDS))(
  '%s, at each request of a publish in turn',
  async (name, kind) => {
    const turn = Object.keys(KINDS).indexOf(name);
    const outcomes = { completed: 0, old: 0, new: 0 };
    for (const [index, { method }] of requests.entries()) {
      if (!ALL_FAULTS && (index + turn) % (method === 'PUT' ? 2 : 6) !== 0) continue;
      s3.fill(scenario.store);
      let asked = 0;
      s3.fake.fault = (request) => {
        const since = asked - index;
        asked += 1;
        return since < 0 ? undefined : kind(request, since);
      };
      const outcome = await scenario.publishUnseen('1.1.0', await s3.open()).catch((error: unknown) => error);
      s3.fake.fault = () => undefined;
      counts.faults += 1;
      const where = `request ${index + 1}`;
      if (outcome instanceof Error) {
        // Said so that a person can act on it, never as a bug of ours.
        if (!(outcome instanceof OtaError)) throw outcome;
        expect({ where, hint: outcome.hint }).toEqual({ where, hint: expect.any(String) });
      }
      const found = await oldOrNew();
      if (!(outcome instanceof Error)) {
        outcomes.completed += 1;
        expect({ where, found }).toEqual({ where, found: '1.1.0' });
      } else outcomes[found === '1.0.0' ? 'old' : 'new'] += 1;
    }
    expect(outcomes.completed + outcomes.old + outcomes.new).toBeGreaterThan(8);
  },
  300_000,
);
