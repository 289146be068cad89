import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadTrust, saveTrust } from '../../../src/cli/trust-folder.ts';
import { freshFolder } from '../../support/folder.ts';
import { makeTrust, RELEASE } from '../../support/release.ts';
import { rotate } from '../../support/rotation.ts';
import { rejected } from '../keys/thrown.ts';

const folder = freshFolder();

function write(...names: readonly string[]): void {
  mkdirSync(folder.at('trust'), { recursive: true });
  for (const name of names) writeFileSync(folder.at('trust', name), name);
}

const texts = async () => {
  const { roots, targetsBytes } = await loadTrust(folder.at('trust'));
  return [...roots, targetsBytes].map((bytes) => Buffer.from(bytes).toString());
};

describe('loadTrust', () => {
  it('reads the first root and targets, as ota init leaves them', async () => {
    const trust = await makeTrust();
    writeFileSync(folder.at('1.root.json'), trust.roots[0] as Uint8Array);
    writeFileSync(folder.at('1.targets.json'), trust.targetsBytes);
    expect(await loadTrust(folder.path)).toEqual(trust);
  });

  it('reads every root by number and the newest targets, and passes over what is neither', async () => {
    write('9.root.json', '10.root.json', '11.root.json', '2.targets.json', '10.targets.json');
    write('root.json', '012.root.json', '1.snapshot.json', 'notes.txt');
    expect(await texts()).toEqual(['9.root.json', '10.root.json', '11.root.json', '10.targets.json']);
  });

  it.each(['1.root.json', '1.targets.json'])('says that %s is not there', async (missing) => {
    write(...['1.root.json', '1.targets.json'].filter((name) => name !== missing));
    const error = await rejected(loadTrust(folder.at('trust')));
    expect(error).toMatchObject({ code: 'input-missing', where: folder.at('trust', missing) });
  });

  it('names the root that is missing between two others', async () => {
    write('1.root.json', '3.root.json', '1.targets.json');
    const error = await rejected(loadTrust(folder.at('trust')));
    expect(error).toMatchObject({ code: 'input-missing', where: folder.at('trust', '2.root.json') });
    write('2.root.json');
    expect(await texts()).toHaveLength(4);
  });
});

describe('saveTrust', () => {
  it('adds what the folder lacks and replaces nothing', async () => {
    const trust = await makeTrust();
    const next = await rotate(trust, { by: [RELEASE] });
    mkdirSync(folder.at('trust'));
    expect(await saveTrust(folder.at('trust'), trust)).toEqual(['1.root.json', '1.targets.json']);
    writeFileSync(folder.at('trust', '1.targets.json'), 'mine');
    expect(await saveTrust(folder.at('trust'), next)).toEqual(['2.root.json', '2.targets.json']);
    expect(readFileSync(folder.at('trust', '1.targets.json'), 'utf8')).toBe('mine');
    expect(await loadTrust(folder.at('trust'))).toEqual(next);
    expect(await saveTrust(folder.at('trust'), next)).toEqual([]);
  });
});
