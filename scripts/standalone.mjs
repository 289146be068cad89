// Makes the tool for machines that are never online: one JavaScript file that runs with nothing but Node. The same sources and the same
// lockfile give the same bytes; the SHA-256 is printed. node scripts/standalone.mjs [FILE] [--metafile FILE]
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { metafile: { type: 'string' } },
});
const outfile = resolve(positionals[0] ?? `${root}dist/ota-offline.cjs`);
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** Left out: what opens a socket, be it one of this machine, what starts an editor, and what unpacks images. */
const LEFT_OUT = [
  [/\/ssh-agent-socket\.ts$/, `${root}src/offline/no-ssh-agent.ts`],
  [/^@inquirer\/external-editor$/, `${root}src/offline/no-editor.ts`],
  [/\/contain\/describe\.ts$/, `${root}src/offline/no-unpacking.ts`],
];

const leaveOut = {
  name: 'leave-out',
  setup: (plugin) => {
    for (const [filter, path] of LEFT_OUT) plugin.onResolve({ filter }, () => ({ path }));
  },
};

const { outputFiles, metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/offline/main.ts'],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  outfile,
  write: false,
  metafile: true,
  charset: 'utf8',
  logLevel: 'warning',
  banner: { js: '#!/usr/bin/env node' },
  define: { OTA_VERSION: JSON.stringify(version) },
  // Compiled code for one kind of machine: a token needs it beside this file, and nothing else does. The others pack and unpack parts of
  // images, which this file only names.
  external: ['pkcs11js', 'lzma-native', 'pako', '@foxglove/wasm-zstd', '@bokuweb/zstd-wasm'],
  plugins: [leaveOut],
});
const bytes = outputFiles[0].contents;
mkdirSync(dirname(outfile), { recursive: true });
writeFileSync(outfile, bytes);
chmodSync(outfile, 0o755);
if (values.metafile !== undefined) writeFileSync(values.metafile, JSON.stringify(metafile));
console.log(`${createHash('sha256').update(bytes).digest('hex')}  ${outfile}`);
