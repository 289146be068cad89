import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { keySource } from '../../../../src/keys/signers/open.ts';
import { parseSignerUri } from '../../../../src/keys/signers/uri.ts';
import { freshFolder } from '../../../support/folder.ts';
import { rejected } from '../thrown.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const folder = freshFolder();

// As it fails where it is not installed, and where it was installed and not compiled.
vi.mock('pkcs11js', () => {
  throw new Error("Cannot find module './build/Release/pkcs11.node'");
});

it('without pkcs11js a token is refused with what to do, and nothing else is', async () => {
  const token = keySource(parseSignerUri('pkcs11:object=a?module-path=/usr/lib/softhsm.so'), {});
  const error = await rejected(token.peek());
  expect(error).toMatchObject({ code: 'package-missing', exitCode: 3 });
  expect(error.hint).toContain('npm rebuild pkcs11js');
  expect(await keySource(parseSignerUri('none.key.age'), {}).peek()).toBeUndefined();
});

it('an install goes on where pkcs11js does not compile', () => {
  const { packages } = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8'));
  expect(Object.keys(packages[''].optionalDependencies)).toContain('pkcs11js');
  expect(packages[''].dependencies).not.toHaveProperty('pkcs11js');
  expect(packages['node_modules/pkcs11js']).toMatchObject({ optional: true, hasInstallScript: true });
});

it('the sources compile without pkcs11js', () => {
  const project = folder.at('project');
  mkdirSync(`${project}/node_modules`, { recursive: true });
  for (const name of ['src', 'tsconfig.json', 'tsconfig.build.json', 'package.json']) {
    cpSync(`${ROOT}${name}`, `${project}/${name}`, { recursive: true });
  }
  for (const name of readdirSync(`${ROOT}node_modules`)) {
    if (name !== 'pkcs11js') symlinkSync(`${ROOT}node_modules/${name}`, `${project}/node_modules/${name}`);
  }
  const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
  const args = [tsc, '-p', 'tsconfig.build.json', '--noEmit'];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
  expect(status, stdout).toBe(0);
}, 60_000);
