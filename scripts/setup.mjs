// Makes a fresh clone ready, with nothing but Node: installs what the lockfile names, then builds. Does each only when
// it is due, so that a second run starts at once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`ota needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}

const digest = (files) => {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)));
  return hash.digest('hex');
};
const filesBelow = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();

const stamps = join(root, 'node_modules', '.ota');
const due = (name, value) => {
  const stamp = join(stamps, name);
  return !existsSync(stamp) || readFileSync(stamp, 'utf8') !== value;
};
const done = (name, value) => {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), value);
};
const run = (what, args) => {
  console.error(`setup: ${what}`);
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: root,
    shell: process.platform === 'win32',
    encoding: 'utf8',
  });
  if (status === 0) return;
  console.error(stdout, stderr);
  console.error(`setup: npm ${args.join(' ')} failed`);
  process.exit(status ?? 1);
};

const lock = digest(['package-lock.json']);
if (due('install', lock)) {
  run('installing packages', ['ci', '--no-audit', '--no-fund']);
  done('install', lock);
}
const sources = digest([
  ...filesBelow('src'),
  ...['build.mjs', 'page.mjs', 'page-adapters.mjs'].map((name) => join('scripts', name)),
  ...['package.json', 'tsconfig.json', 'tsconfig.build.json'],
]);
if (
  due('build', sources) ||
  !existsSync(join(root, 'dist')) ||
  !existsSync(join(root, 'oclif.manifest.json'))
) {
  run('building', ['run', '--silent', 'build']);
  done('build', sources);
}
