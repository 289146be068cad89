import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseComponents, parseHardware, parseProduct } from '../../../src/cli/init/plan.ts';
import { createProject, type InitOptions } from '../../../src/cli/init/project.ts';
import { initLines } from '../../../src/cli/init/view.ts';
import { checkLog } from '../../../src/cli/log/read.ts';
import { loadTrust } from '../../../src/cli/trust-folder.ts';
import Init from '../../../src/commands/init.ts';
import { describeKey } from '../../../src/keys/fingerprint.ts';
import { unlockKeyFile } from '../../../src/keys/locker.ts';
import { verifyTrust } from '../../../src/repository/trust.ts';
import { rejected } from '../keys/thrown.ts';

const NOW = 1_800_000_000;
const ROOT = join(import.meta.dirname, '../../..');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ota-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = (changes: Partial<InitOptions> = {}): InitOptions => ({
  folder,
  plan: {
    product: parseProduct('gateway'),
    hardware: parseHardware(['gw-a1']),
    components: parseComponents(['linux:os:build/rootfs.ext4']),
  },
  passphrase: 'a passphrase',
  keepPassphrase: false,
  now: NOW,
  stamp: { by: 'ada@vault', tool: 'ota 1.2.3', at: '2026-01-02T03:04:05Z' },
  ...changes,
});

const tree = async (path = folder): Promise<string[]> => (await readdir(path, { recursive: true })).sort();

describe('createProject', () => {
  it('leaves exactly what it says, with keys that open and trust that verifies', async () => {
    const result = await createProject(options());
    expect(await tree()).toEqual([...result.files, 'keys', 'trust'].sort());
    const release = await unlockKeyFile(join(folder, 'keys/release.key.age'), 'a passphrase');
    const online = await unlockKeyFile(join(folder, 'keys/online.key.age'), 'a passphrase');
    expect(result.keys).toEqual([
      {
        name: 'release',
        roles: ['root', 'targets', 'gateway'],
        ...(await describeKey(release.publicKey)),
      },
      {
        name: 'online',
        roles: ['gateway.channels', 'snapshot', 'timestamp'],
        ...(await describeKey(online.publicKey)),
      },
    ]);
    const steps: string[] = [];
    await checkLog(join(folder, 'keys/log.jsonl'), undefined, ({ step, what }) =>
      steps.push(`${step} ${what}`),
    );
    expect(steps).toEqual(['key-generate release', 'key-generate online', 'sign root 1', 'sign targets 1']);
    const { root } = verifyTrust(await loadTrust(join(folder, 'trust')), NOW);
    expect(root.signed.roles.root.keyids).toEqual([release.publicKey.keyid]);
    expect(root.signed.roles.timestamp.keyids).toEqual([online.publicKey.keyid]);
  });

  it('makes other keys each time', async () => {
    const first = await createProject(options({ folder: join(folder, 'a') }));
    const second = await createProject(options({ folder: join(folder, 'b') }));
    expect(new Set([...first.keys, ...second.keys].map(({ keyid }) => keyid)).size).toBe(4);
  });

  it.skipIf(process.platform === 'win32')('lets nobody else read secrets', async () => {
    const before = process.umask(0);
    try {
      await createProject(options({ keepPassphrase: true }));
    } finally {
      process.umask(before);
    }
    const mode = async (path: string) => (await stat(join(folder, path))).mode & 0o777;
    expect(await mode('keys')).toBe(0o700);
    for (const name of ['release.key.age', 'online.key.age', 'passphrase.txt']) {
      expect(await mode(`keys/${name}`)).toBe(0o600);
    }
  });

  it('writes a made-up passphrase where it says, ignored by git', async () => {
    const result = await createProject(options({ keepPassphrase: true }));
    expect(result.passphraseFile).toBe('keys/passphrase.txt');
    expect(await readFile(join(folder, 'keys/passphrase.txt'), 'utf8')).toBe('a passphrase\n');
    expect(await readFile(join(folder, '.gitignore'), 'utf8')).toContain('\n/keys/passphrase.txt\n');
    expect(JSON.stringify(result)).not.toContain('a passphrase');
  });

  it('extends a .gitignore that is there', async () => {
    await writeFile(join(folder, '.gitignore'), '*.o');
    await createProject(options());
    expect(await readFile(join(folder, '.gitignore'), 'utf8')).toMatch(
      /^\*\.o\n#[\s\S]*\n\/keys\/\*\.key\.age\n/,
    );
  });

  it.each(['ota.yaml', 'keys', 'trust'])('overwrites nothing where there is %s', async (name) => {
    const path = join(folder, name);
    await (name === 'ota.yaml' ? writeFile(path, 'mine') : mkdir(path));
    const error = await rejected(createProject(options()));
    expect(error).toMatchObject({ code: 'output-exists', where: path });
    expect(await tree()).toEqual([name]);
  });

  it.skipIf(process.platform === 'win32')('does not follow a link that leads nowhere', async () => {
    await symlink('/nonexistent/x', join(folder, 'ota.yaml'));
    expect((await rejected(createProject(options()))).code).toBe('output-exists');
    expect(await tree()).toEqual(['ota.yaml']);
  });

  it('leaves nothing when it fails at the last step', async () => {
    await mkdir(join(folder, '.gitignore'));
    expect((await rejected(createProject(options()))).code).toBe('input-directory');
    expect(await tree()).toEqual(['.gitignore']);
  });

  it('takes away the folders that it made, and no other, when it fails', async () => {
    const bad = { ...options().plan, product: 'root' as never };
    const error = await rejected(createProject(options({ folder: join(folder, 'x/y'), plan: bad })));
    expect(error.code).toBe('name-invalid');
    expect(await tree()).toEqual([]);
  });

  it('says so where the folder is a file', async () => {
    const path = join(folder, 'file');
    await writeFile(path, '');
    expect((await rejected(createProject(options({ folder: path })))).where).toContain(path);
  });
});

describe('initLines', () => {
  it('ends with what to type, and shouts about a made-up passphrase', async () => {
    const sub = join(folder, "it's here");
    const result = await createProject(options({ folder: sub, keepPassphrase: true }));
    const lines = initLines(result, folder);
    expect(lines.slice(-4)).toEqual([
      `  cd 'it'\\''s here'`,
      '  ota bundle',
      '  ota sign gateway-1.0.0.ota --passphrase-file keys/passphrase.txt',
      '  ota publish gateway-1.0.0.ota --passphrase-file keys/passphrase.txt',
    ]);
    expect(lines.join('\n')).toContain('stands in keys/passphrase.txt');
    expect(lines.join('\n')).not.toContain('a passphrase\n');
    expect(initLines(result, sub).join('\n')).not.toContain('\n  cd ');
  });
});

describe('the command', () => {
  const run = async (...argv: string[]) => {
    const written: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    vi.spyOn(console, 'log').mockImplementation((text) => written.push(`${text}\n`));
    try {
      await Init.run([...argv, '--json'], ROOT);
      return { json: JSON.parse(written.join('')), exitCode: process.exitCode ?? 0, text: written.join('') };
    } finally {
      process.exitCode = 0;
      vi.restoreAllMocks();
    }
  };

  it('makes up a passphrase with --yes, which opens both keys and is not printed', async () => {
    const { json, text } = await run(
      folder,
      '--yes',
      '--product',
      'gw',
      '--hardware',
      'a,b',
      '--hardware',
      'c',
    );
    const passphrase = (await readFile(join(folder, json.passphraseFile), 'utf8')).trimEnd();
    expect(passphrase).toMatch(/^(?:[0-9a-z]{4}-){5}[0-9a-z]{4}$/);
    expect(text).not.toContain(passphrase);
    await unlockKeyFile(join(folder, 'keys/release.key.age'), passphrase);
    expect(await readFile(join(folder, 'ota.yaml'), 'utf8')).toContain('hardware: [a, b, c]');
  });

  it('takes a passphrase from a file, and then writes none', async () => {
    const file = join(folder, 'p');
    await writeFile(file, 'from a file\n');
    const { json } = await run(join(folder, 'x'), '--yes', '--passphrase-file', file);
    expect(json.passphraseFile).toBeUndefined();
    expect(json.files).not.toContain('keys/passphrase.txt');
    await unlockKeyFile(join(folder, 'x/keys/online.key.age'), 'from a file');
  });

  it('is done once: the second run changes nothing', async () => {
    await run(folder, '--yes');
    const before = await readFile(join(folder, 'keys/release.key.age'));
    const { json, exitCode } = await run(folder, '--yes');
    expect(json.error).toMatchObject({ code: 'output-exists', exitCode: 3 });
    expect(exitCode).toBe(3);
    expect(await readFile(join(folder, 'keys/release.key.age'))).toEqual(before);
  });

  it.each([
    [['--product', '../x'], 'name-invalid', 3],
    [['--hardware', 'A'], 'name-invalid', 3],
    [['--component', 'x:y:z'], 'usage-flag', 2],
    [['--passphrase-file', '/nonexistent/p'], 'input-missing', 3],
    [['--passphrase-file', 'a', '--passphrase-fd', '3'], 'usage-flag', 2],
  ])('refuses %j and writes nothing', async (flags, code, exit) => {
    const { json, exitCode } = await run(join(folder, 'x'), '--yes', ...flags);
    expect(json.error.code).toBe(code);
    expect(exitCode).toBe(exit);
    expect(await tree()).toEqual([]);
  });
});
