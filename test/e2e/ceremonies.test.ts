import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Updater } from 'tuf-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandsOf, type Machines, newMachines, page } from '../support/ceremony-machines.ts';
import { filesBelow } from '../support/folder.ts';
import { serveFolder } from '../support/http.ts';
import { readJson } from '../support/project.ts';
import { hasSoftHsm, SOFTHSM_MODULE, softHsmStore } from '../support/softhsm.ts';

const FOLDER = fileURLToPath(new URL('../../docs/ceremonies/', import.meta.url));
/** Each page but the one that sets all of them up, and the one that needs a token. */
const PAGES = [
  'root-key-lost',
  'release-key-stolen',
  'online-key-stolen',
  'threshold-lost',
  'officer-leaves',
  'yearly-renewal',
];

const used: Machines[] = [];
let split: Machines;
beforeAll(async () => {
  const machines = await newMachines();
  used.push(machines);
  await machines.run(commandsOf('split'));
  split = machines;
}, 240_000);
afterAll(() => {
  for (const { home } of used) rmSync(home, { recursive: true, force: true });
});

function fresh(): Machines {
  const machines = split.copy();
  used.push(machines);
  return machines;
}

interface StatusRole {
  readonly role: string;
  readonly threshold: number;
  readonly keyids: readonly string[];
  readonly version?: number;
}
const rolesOf = async (machines: Machines): Promise<ReadonlyMap<string, StatusRole>> => {
  const { roles } = JSON.parse(await machines.run(['cd ~/gateway', 'run status --json'])) as {
    readonly roles: readonly StatusRole[];
  };
  return new Map(roles.map((role) => [role.role, role]));
};
const keyid = async (machines: Machines, path: string): Promise<string> => {
  const output = await machines.run([`run inspect ${path} --json`]);
  return (JSON.parse(output) as { readonly keyid: string }).keyid;
};
/** The device that was made before the first ceremony updates, and is at the release that was published then. */
const deviceFollows = async (machines: Machines) => {
  const output = await machines.run(['run device update device --store gateway/repository --json']);
  expect(JSON.parse(output)).toMatchObject({ to: '1.0.0' });
};

test('every page is run', () => {
  const pages = readdirSync(FOLDER).map((name) => name.replace('.md', ''));
  expect(pages.sort()).toEqual([...PAGES, 'README', 'files-to-hsm', 'split'].sort());
  for (const name of pages) expect(page('README').includes(`(${name}.md)`) || name === 'README').toBe(true);
});

describe('the commands of the page', () => {
  test('split leave root and targets to two of three officers', async () => {
    const roles = await rolesOf(split);
    const officers = await Promise.all(
      ['ada', 'ben', 'cleo'].map((name) => keyid(split, `${name}/keys/${name}.pub`)),
    );
    for (const role of ['root', 'targets']) {
      expect(roles.get(role)).toMatchObject({ threshold: 2, version: 2, keyids: [...officers].sort() });
    }
    expect(roles.get('gateway')?.keyids).toEqual([await keyid(split, 'release/keys/release.pub')]);
    const machines = fresh();
    await deviceFollows(machines);
    expect(await machines.run(['cd ~/gateway && run log verify && run log show'])).toContain('root-publish');
  }, 120_000);

  test('what is due ends with exit code 7, and what could not be signed is refused', async () => {
    const output = await fresh().run([
      'cd ~/gateway',
      'run status --offline --at 700d --fail-within 30d || test $? -eq 7',
      'run status --offline --at 699d --fail-within 20d',
      'ota root init',
      'refused threshold-invalid ota root threshold 4 --role root',
      'refused key-duplicate ota root add-key $STICK/ada.pub --role root',
      'refused expiry-invalid ota root expiry 2020-01-01 --role root',
      'refused role-unknown ota root threshold 1 --role toaster',
      'refused proposal-empty ota root request',
      'ota root threshold 3 --role root && ota root request -o ../3-of-3.request',
      'refused request-invalid ota publish ../3-of-3.request',
    ]);
    expect(output).toContain('Due: root expires');
  }, 120_000);

  test.each(PAGES)(
    '%s run as they stand, and a device that slept through it follows',
    async (name) => {
      const machines = fresh();
      await machines.run(commandsOf(name));
      await deviceFollows(machines);
      const roles = await rolesOf(machines);
      const expected: Readonly<Record<string, () => Promise<void>>> = {
        'root-key-lost': async () => {
          const [old, next] = [
            await keyid(machines, 'stick/cleo.pub'),
            await keyid(machines, 'stick/cleo-2.pub'),
          ];
          expect(roles.get('root')?.keyids).toContain(next);
          for (const role of roles.values()) expect(role.keyids).not.toContain(old);
        },
        'release-key-stolen': async () => {
          expect(roles.get('gateway')?.keyids).toEqual([await keyid(machines, 'stick/release-2.pub')]);
          expect(roles.get('root')?.version).toBe(2);
        },
        'online-key-stolen': async () => {
          const next = [await keyid(machines, 'gateway/keys/online-2.pub')];
          for (const role of ['snapshot', 'timestamp', 'gateway.channels'])
            expect(roles.get(role)?.keyids).toEqual(next);
        },
        'threshold-lost': async () => expect(roles.get('root')?.version).toBe(2),
        'officer-leaves': async () => {
          expect(roles.get('root')?.keyids).toContain(await keyid(machines, 'stick/dora.pub'));
          expect(roles.get('root')?.keyids).not.toContain(await keyid(machines, 'stick/ben.pub'));
        },
        'yearly-renewal': async () => expect(roles.get('targets')?.version).toBe(3),
      };
      await expected[name]?.();
    },
    120_000,
  );
});

describe('the whole story', () => {
  test('from one person to 2 of 3 to all keys changed: a device that slept through it updates, and tuf-js walks it', async () => {
    const machines = fresh();
    const { home } = machines;
    await machines.run([
      ...['ada', 'ben', 'cleo', 'release'].map(
        (name) =>
          `cd ~/${name} && ota keys generate ${name}-2 && cp keys/${name}.pub keys/${name}-2.pub $STICK/`,
      ),
      'cd ~/gateway && ota keys generate online-2 --online && ota root init',
      ...['ada', 'ben', 'cleo', 'release'].map(
        (name) => `ota root rotate $STICK/${name}.pub $STICK/${name}-2.pub`,
      ),
      'ota root rotate keys/online.pub keys/online-2.pub',
      'ota root request -o $STICK/all.request',
      'cd ~/ada && ota sign $STICK/all.request --key keys/ada.key.age --key keys/ada-2.key.age',
      'cd ~/ben && ota sign $STICK/all.request --key keys/ben.key.age --key keys/ben-2.key.age',
      'cd ~/release && ota sign $STICK/all.request --root $STICK/1.root.json --key keys/release-2.key.age',
      // In any order, one of them twice.
      'cd ~/gateway && ota root publish $STICK/all.request $(ls -r $STICK/all.*.response) $STICK/all.*.response --key keys/online-2.key.age',
      "sed -i.bak 's#keys/online.key.age#keys/online-2.key.age#; s/version: 1.0.0/version: 1.1.0/' ota.yaml",
      'head -c 6000 build/app.bin > new && printf more >> new && mv new build/app.bin',
      'ota bundle && ota publish gateway-1.1.0.ota --stage -o $STICK/1.1.0.request',
      'cd ~/release && ota sign $STICK/1.1.0.request --key keys/release-2.key.age',
      'cd ~/gateway && ota publish $STICK/1.1.0.request $STICK/1.1.0.*.response',
    ]);
    // No private key ever came to the machine that publishes but its own, and none went on the stick.
    expect(privateKeys(join(home, 'gateway'))).toEqual(['keys/online-2.key.age', 'keys/online.key.age']);
    expect(privateKeys(join(home, 'stick'))).toEqual([]);
    const before = await Promise.all(
      ['ada', 'ben', 'cleo'].map((name) => keyid(machines, `${name}/keys/${name}.pub`)),
    );
    for (const role of (await rolesOf(machines)).values()) {
      for (const old of [...before, await keyid(machines, 'release/keys/release.pub')]) {
        expect(role.keyids).not.toContain(old);
      }
    }
    const output = await machines.run(['run device update device --store gateway/repository --json']);
    expect(JSON.parse(output)).toMatchObject({ from: '1.0.0', to: '1.1.0' });
    expect(await walkWithTufJs(home)).toEqual({ root: 3, version: '1.1.0' });
  }, 180_000);
});

const privateKeys = (folder: string): readonly string[] =>
  [...filesBelow(folder).keys()].filter((name) => name.endsWith('.key.age'));

/** Lets tuf-js follow the repository from the very first root. */
async function walkWithTufJs(home: string): Promise<{ readonly root: number; readonly version: string }> {
  const client = join(home, 'tuf-js');
  for (const name of ['metadata', 'targets']) mkdirSync(join(client, name), { recursive: true });
  cpSync(join(home, 'gateway/trust/1.root.json'), join(client, 'metadata/root.json'));
  const server = await serveFolder(join(home, 'gateway/repository'));
  try {
    const updater = new Updater({
      metadataDir: join(client, 'metadata'),
      metadataBaseUrl: `${server.url}/metadata`,
      targetDir: join(client, 'targets'),
      targetBaseUrl: `${server.url}/targets`,
    });
    await updater.refresh();
    const target = await updater.getTargetInfo('gateway/channels/stable.json');
    if (!target) throw new Error('tuf-js finds no channel');
    const channel = await readJson(await updater.downloadTarget(target));
    const root = await readJson(join(client, 'metadata/root.json'));
    return {
      root: (root as { signed: { version: number } }).signed.version,
      version: (channel as { release: { version: string } }).release.version,
    };
  } finally {
    await server.close();
  }
}

describe.skipIf(!hasSoftHsm())('the commands of the page, with a token (needs softhsm2 and opensc)', () => {
  test('files-to-hsm run as they stand, and the key in the token counts', async () => {
    const machines = fresh();
    const env = { ...softHsmStore(join(machines.home, 'hsm')), MODULE: SOFTHSM_MODULE };
    await machines.run(commandsOf('files-to-hsm'), env);
    const roles = await rolesOf(machines);
    expect(roles.get('root')?.keyids).toContain(await keyid(machines, 'stick/ada-hsm.pub'));
    expect(roles.get('root')?.keyids).not.toContain(await keyid(machines, 'stick/ada.pub'));
    await deviceFollows(machines);
  }, 120_000);
});
