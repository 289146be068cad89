import { describe, expect, it } from 'vitest';
import { seal } from '../../src/core/digest.ts';
import { findTarget } from '../../src/repository/lookup.ts';
import type { Metadata, Targets } from '../../src/repository/model.ts';

const PATH = 'a/b';

type Graph = Readonly<Record<string, readonly string[]>>;

/** Roles by name; `child!` delegates terminating, `child:x` only another path, `=` lists the path. */
function roleOf(graph: Graph, name: string): Metadata<Targets> {
  const items = graph[name] ?? [];
  const signed: Targets = {
    type: 'targets',
    version: 1,
    expires: 0,
    targets: new Map(items.includes('=') ? [[PATH, { length: 0, sha256: '0'.repeat(64) }]] : []),
    delegations: {
      keys: new Map(),
      roles: items
        .filter((item) => item !== '=')
        .map((item) => ({
          name: item.replace(/[!:].*$/, ''),
          keyids: [],
          threshold: 1,
          terminating: item.includes('!'),
          paths: [item.includes(':') ? 'x/*' : 'a/*'],
        })),
    },
  };
  return { sealed: seal(new Uint8Array()), signed, signatures: [], document: {} };
}

async function walk(graph: Graph) {
  const visited: string[] = [];
  const found = await findTarget(PATH, async (name) => {
    visited.push(name);
    return roleOf(graph, name);
  });
  return { visited: visited.join(' '), role: found?.role };
}

const CASES: readonly (readonly [string, Graph, string, string | undefined])[] = [
  ['the role itself before what it delegates', { targets: ['=', 'A'], A: ['='] }, 'targets', 'targets'],
  ['depth before breadth', { targets: ['A', 'B'], A: ['C'], B: ['='], C: ['='] }, 'targets A C', 'C'],
  ['order of listing', { targets: ['B', 'A'], A: ['='], B: ['='] }, 'targets B', 'B'],
  ['back up to the next sibling', { targets: ['A', 'B'], A: ['C', 'D'], B: ['='] }, 'targets A C D B', 'B'],
  ['only where the path is delegated', { targets: ['A:x', 'B'], A: ['='], B: ['='] }, 'targets B', 'B'],
  ['no role twice', { targets: ['A', 'B'], A: ['B'], B: ['A'] }, 'targets A B', undefined],
  ['no cycle', { targets: ['A'], A: ['A', 'targets'] }, 'targets A', undefined],
  ['terminating ends siblings', { targets: ['A!', 'B'], B: ['='] }, 'targets A', undefined],
  [
    'terminating ends the whole search',
    { targets: ['A', 'B'], A: ['C!'], B: ['='] },
    'targets A C',
    undefined,
  ],
  ['terminating still asks below', { targets: ['A!', 'B'], A: ['C'], C: ['='] }, 'targets A C', 'C'],
  ['terminating for another path ends nothing', { targets: ['A!:x', 'B'], B: ['='] }, 'targets B', 'B'],
];

describe('delegations are searched in pre-order, depth first', () => {
  it.each(CASES)('%s', async (_, graph, visited, role) => {
    expect(await walk(graph)).toEqual({ visited, role });
  });

  it('asks 32 roles and refuses a 33rd', async () => {
    const chain = (length: number): Graph =>
      Object.fromEntries(
        Array.from({ length }, (_, index) => [
          index === 0 ? 'targets' : `r${index}`,
          index === length - 1 ? ['='] : [`r${index + 1}`],
        ]),
      );
    expect((await walk(chain(32))).role).toBe('r31');
    await expect(walk(chain(33))).rejects.toMatchObject({ code: 'search-too-wide', exitCode: 4 });
  });
});
