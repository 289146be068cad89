import { Session } from 'node:inspector/promises';
import { utf8 } from '../../src/core/bytes.ts';
import { OtaError } from '../../src/core/errors.ts';
import { canonicalJson } from '../../src/core/json/canonical.ts';
import { parseJson } from '../../src/core/json/parse.ts';
import { matchesPattern } from '../../src/repository/match.ts';
import { parseSnapshot } from '../../src/repository/parse-meta.ts';
import { parseTargets } from '../../src/repository/parse-targets.ts';

/*
 * Counts the blocks of code that are run on an input, and on one four times as long: in a process of its own, because the
 * counts of the engine are of all that runs in it. Prints the work of each pair as JSON.
 */

const BASE = 300;
const repeated = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(',');
const role = (type: string, fields: string): Uint8Array =>
  utf8(
    `{"signatures":[],"signed":{"_type":"${type}","spec_version":"1.0.34","version":1,"expires":"2030-01-01T00:00:00Z",${fields}}}`,
  );
const FILE = `{"length":1,"hashes":{"sha256":"${'a'.repeat(64)}"}}`;

/** By name, what reads an input of a size. */
const CASES: Readonly<Record<string, (size: number) => () => unknown>> = {
  'a long string of escapes': (size) => {
    const bytes = utf8(`"${'\\u0041\\n'.repeat(size)}"`);
    return () => parseJson(bytes);
  },
  'a list of lists': (size) => {
    const bytes = utf8(`[${repeated(size, () => `${'['.repeat(20)}1${']'.repeat(20)}`)}]`);
    return () => parseJson(bytes);
  },
  'an object of many names': (size) => {
    const bytes = utf8(`{${repeated(size, (index) => `"name-${index}":${index}`)}}`);
    return () => canonicalJson(parseJson(bytes));
  },
  'a number of many digits': (size) => {
    const bytes = utf8('9'.repeat(size));
    return () => refused(() => parseJson(bytes));
  },
  'white space': (size) => {
    const bytes = utf8(`${' \n'.repeat(size)}1`);
    return () => parseJson(bytes);
  },
  'a path against stars that fit nowhere': (size) => {
    const path = 'a'.repeat(size * 4);
    return () => matchesPattern('*a*a*a*a*a*a*b', path);
  },
  'a pattern of stars and question marks': (size) => {
    const pattern = '*?'.repeat(size);
    return () => matchesPattern(pattern, 'a'.repeat(40));
  },
  'many targets': (size) => {
    const bytes = role('targets', `"targets":{${repeated(size, (index) => `"gateway/${index}/x":${FILE}`)}}`);
    return () => parseTargets(bytes, 'targets.json');
  },
  'many roles': (size) => {
    const bytes = role('snapshot', `"meta":{${repeated(size, (index) => `"r${index}.json":{"version":1}`)}}`);
    return () => parseSnapshot(bytes, 'snapshot.json');
  },
  'many delegations that are not allowed': (size) => {
    const roles = repeated(
      size,
      (index) => `{"name":"r${index}","paths":["*"],"terminating":false,"keyids":[],"threshold":1}`,
    );
    const bytes = role('targets', `"targets":{},"delegations":{"keys":{},"roles":[${roles}]}`);
    return () => refused(() => parseTargets(bytes, 'targets.json'));
  },
};

function refused(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof OtaError)) throw error;
  }
}

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

async function workOf(run: () => unknown): Promise<number> {
  await session.post('Profiler.takePreciseCoverage');
  run();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ url }) => url.includes('/src/'))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)))
    .reduce((sum, count) => sum + count, 0);
}

const work: Record<string, readonly [number, number]> = {};
for (const [name, prepare] of Object.entries(CASES)) {
  work[name] = [await workOf(prepare(BASE)), await workOf(prepare(4 * BASE))];
}
console.log(JSON.stringify(work));
