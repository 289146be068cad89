import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatTime } from '../../src/core/time.ts';
import { freshFolder } from '../support/folder.ts';
import { Forge, PAYLOAD, PAYLOAD_PATH } from '../support/forge.ts';
import { type ServedFolder, serveFolder } from '../support/http.ts';
import { signerNamed } from '../support/signers.ts';
import { main } from './main.ts';

const CLIENT = fileURLToPath(new URL('client.mjs', import.meta.url));
/** The adapter asks the clock of the machine, so what it reads must not have expired. */
const FAR = '2999-01-01T00:00:00Z';
const folder = freshFolder();

let forge: Forge;
let served: ServedFolder;
beforeEach(async () => {
  // What it says of a failure is for whoever runs the suite.
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  forge = await Forge.make();
  for (const role of ['root', 'targets', 'gateway', 'gateway.channels', 'snapshot', 'timestamp']) {
    forge.set(role, ['expires'], FAR);
  }
  for (const role of ['root', 'targets', 'gateway', 'gateway.channels']) await forge.write(role);
  await forge.announce();
  await writeFile(folder.at('root.json'), forge.bytes('root'));
  await serve();
  served = await serveFolder(folder.at('store'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await served.close();
});

async function serve(): Promise<void> {
  for (const [key, bytes] of forge.store.objects) {
    const path = folder.at('store', key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
}

const client = (...args: readonly string[]) => main(['--metadata-dir', folder.at('metadata'), ...args]);
const init = () => client('init', folder.at('root.json'));
const refresh = () => client('--metadata-url', `${served.url}/metadata/`, 'refresh');
const download = (...targets: readonly string[]) =>
  client(
    ...['--metadata-url', `${served.url}/metadata/`],
    ...targets.flatMap((name) => ['--target-name', name]),
    ...['--target-base-url', `${served.url}/targets/`, '--target-dir', folder.at('targets')],
    'download',
  );
const shown = () => readdirSync(folder.at('metadata')).filter((name) => name.endsWith('.json'));
const read = (role: string) => readFileSync(folder.at('metadata', `${role}.json`));

describe('the client that the conformance suite is given', () => {
  it('starts from a root, refreshes, downloads, and shows the bytes that it trusts', async () => {
    expect(await init()).toBe(0);
    expect(shown()).toEqual(['root.json']);
    expect(served.asked).toEqual([]);
    expect(await refresh()).toBe(0);
    expect(shown()).toEqual(['root.json', 'snapshot.json', 'targets.json', 'timestamp.json']);
    for (const role of ['root', 'snapshot', 'targets', 'timestamp']) {
      expect(read(role)).toEqual(Buffer.from(forge.bytes(role)));
    }
    await mkdir(folder.at('targets'));
    expect(await download(PAYLOAD_PATH)).toBe(0);
    expect(readdirSync(folder.at('targets')).map((name) => readFileSync(folder.at('targets', name)))).toEqual(
      [Buffer.from(PAYLOAD)],
    );
    expect(shown()).toContain('delegated.gateway.json');
  });

  it('does not fetch again what it has', async () => {
    await init();
    await mkdir(folder.at('targets'));
    expect(await download(PAYLOAD_PATH)).toBe(0);
    expect(await download(PAYLOAD_PATH)).toBe(0);
    expect(served.asked.filter((path) => path.startsWith('/targets/'))).toHaveLength(1);
  });

  it('fails with 1 for a target that nobody vouches for, after it has refreshed', async () => {
    await init();
    expect(await download(PAYLOAD_PATH.replace('1.0.0', '9.9.9'))).toBe(1);
    expect(shown()).toContain('timestamp.json');
  });

  it('stops at the first target that fails', async () => {
    await init();
    await mkdir(folder.at('targets'));
    expect(await download('nobody', PAYLOAD_PATH)).toBe(1);
    expect(readdirSync(folder.at('targets'))).toEqual([]);
  });

  it('fails with 1 without a root, with a bad one, and for what it does not know', async () => {
    expect(await refresh()).toBe(1);
    expect(served.asked).toEqual([]);
    await writeFile(folder.at('root.json'), '{}');
    expect(await init()).toBe(1);
    expect(await client('other')).toBe(1);
    expect(await main(['refresh'])).toBe(1);
    expect(await client('--no-such-flag', 'refresh')).toBe(1);
  });

  it('keeps each role when it was accepted, as the suite looks for it', async () => {
    await init();
    forge.signers.set('targets', [signerNamed('attacker')]);
    await forge.publish('targets');
    await serve();
    expect(await refresh()).toBe(1);
    expect(shown()).toEqual(['root.json', 'snapshot.json', 'timestamp.json']);
  });

  it('asks the clock of the machine', async () => {
    await init();
    forge.set('timestamp', ['expires'], formatTime(Math.floor(Date.now() / 1000) - 1));
    await forge.announceSnapshot();
    await serve();
    expect(await refresh()).toBe(1);
    expect(shown()).toEqual(['root.json']);
  });
});

it('runs as the suite runs it: a file that is executed, from any folder', async () => {
  const elsewhere = { cwd: folder.path, reject: false } as const;
  const args = ['--metadata-dir', join(folder.path, 'metadata')];
  expect((await execa(CLIENT, [...args, 'init', folder.at('root.json')], elsewhere)).exitCode).toBe(0);
  const failed = await execa(CLIENT, [...args, '--metadata-url', served.url, 'refresh'], elsewhere);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toMatch(/^store-missing: /);
});
