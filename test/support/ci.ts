import { chmod, copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { type Outcome, otaJson, temporaryFolder } from './cli.ts';
import { initProject, releaseFile } from './project.ts';
import { noise, patched } from './release.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** A project as a CI job checks it out: no private key is in it. */
export interface CiProject {
  readonly folder: string;
  /** Runs a script of `ci/` in it, with nothing of this machine but the path. */
  run(script: string, args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** As the build of a release leaves it. */
  build(version: string): Promise<void>;
  /** The officer signs what was staged, and puts request and response where the publish job looks. */
  sign(staged: string, version: string): Promise<string>;
}

export async function ciProject(kind: 'github' | 'gitlab'): Promise<CiProject> {
  const home = await temporaryFolder();
  const [folder, officer] = [join(home, 'project'), join(home, 'officer')];
  await initProject(folder, ['--ci', kind]);
  await mkdir(officer);
  const passphrase = (await readFile(join(folder, 'keys/passphrase.txt'), 'utf8')).trimEnd();
  const online = await readFile(join(folder, 'keys/online.key.age'));
  for (const name of ['release.key.age', 'online.key.age', 'passphrase.txt']) {
    await rename(join(folder, 'keys', name), join(officer, name));
  }
  await copyFile(join(folder, 'keys/release.pub'), join(officer, 'release.pub'));
  await copyFile(join(folder, 'trust/1.root.json'), join(officer, '1.root.json'));
  const bin = join(folder, 'node_modules/.bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'ota'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  await chmod(join(bin, 'ota'), 0o755);
  const secrets = { OTA_ONLINE_KEY: online.toString('base64'), OTA_PASSPHRASE: passphrase };
  return {
    folder,
    run: async (script, args = [], env = {}) => {
      const result = await execa(join(folder, 'ci', script), args, {
        cwd: folder,
        reject: false,
        stdin: 'ignore',
        extendEnv: false,
        env: { PATH: process.env.PATH ?? '', HOME: home, NO_COLOR: '1', CI: 'true', ...secrets, ...env },
      });
      return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
    },
    build: async (version) => {
      await mkdir(join(folder, 'build'), { recursive: true });
      for (const [index, name] of ['boot', 'linux', 'app', 'radio'].entries()) {
        // Small, so that its deltas take no time.
        const image = patched(noise(index, 3000), Number(version[2]));
        await writeFile(join(folder, 'build', `${name}.bin`), image);
      }
      await writeFile(join(folder, 'ota.yaml'), releaseFile(version));
    },
    sign: async (staged, version) => {
      const response = join(officer, `${version}.response`);
      await otaJson(officer, [
        'sign',
        join(folder, staged, 'release.request'),
        ...['--key', 'release.key.age', '--root', '1.root.json', '--passphrase-file', 'passphrase.txt'],
        ...['--confirm', `gateway ${version}`, '-o', response],
      ]);
      const merged = join(folder, 'releases', version);
      await mkdir(merged, { recursive: true });
      await copyFile(join(folder, staged, 'release.request'), join(merged, 'release.request'));
      return response;
    },
  };
}
