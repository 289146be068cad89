// What the trust core takes from Node, and what stands for it in a browser (src/media/page/adapters).
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../src/media/page/adapters/', import.meta.url));

const ADAPTERS = [
  [/^node:crypto$/, 'crypto.ts'],
  [/\/core\/bytes\.ts$|^\.\.?\/bytes\.ts$/, 'bytes.ts'],
  [/\/spki-key\.ts$/, 'spki-key.ts'],
];

/** A plugin of esbuild. */
export const adapters = {
  name: 'adapters',
  setup: (plugin) => {
    for (const [filter, file] of ADAPTERS)
      plugin.onResolve({ filter }, ({ kind }) =>
        kind === 'entry-point' ? undefined : { path: `${folder}${file}` },
      );
  },
};
