// Compiles src/ into dist/ and makes the oclif manifest. What an earlier build made is removed first, so that no file of a
// module that is gone stays.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
for (const path of ['dist', 'oclif.manifest.json'])
  rmSync(`${root}${path}`, { recursive: true, force: true });

for (const [tool, ...args] of [
  ['tsc', '-p', 'tsconfig.build.json'],
  ['node', 'scripts/page.mjs'],
  ['oclif', 'manifest'],
]) {
  const { status } = spawnSync(tool, args, {
    cwd: root,
    shell: process.platform === 'win32',
    stdio: ['ignore', tool === 'tsc' ? 'inherit' : 'ignore', 'inherit'],
    // A build asks no registry whether there is a newer oclif.
    env: { ...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: 'true', NODE_OPTIONS: '' },
  });
  if (status !== 0) process.exit(status ?? 1);
}
