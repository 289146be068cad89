// Bundles the technician's page of media (src/media/page/browser) into dist/media-page: one script, one style, one HTML frame, which
// "ota media create" puts together with what is on a medium. The trust core is the tool's own; what it takes from Node is replaced
// by src/media/page/adapters.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { adapters } from './page-adapters.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const from = `${root}src/media/page/`;
const to = `${root}dist/media-page/`;

/** The first that have all that the core uses; older ones are told so by the page. */
const target = ['chrome111', 'firefox119', 'safari16.4'];
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  write: false,
  target,
  charset: 'utf8',
  logLevel: 'warning',
};

const script = await build({
  ...common,
  entryPoints: [`${from}browser/main.ts`],
  platform: 'browser',
  format: 'iife',
  legalComments: 'none',
  plugins: [adapters],
});
const style = await build({ ...common, entryPoints: [`${from}browser/page.css`] });

mkdirSync(to, { recursive: true });
for (const [name, { outputFiles }] of [
  ['page.js', script],
  ['page.css', style],
]) {
  const text = outputFiles[0].text.trimEnd();
  const forbidden = /<\/(?:script|style)|<!--/i.exec(text) ?? /\bBuffer\./.exec(text);
  if (forbidden) throw new Error(`${name} has ${forbidden[0]}, which a page cannot hold`);
  writeFileSync(`${to}${name}`, text);
}
copyFileSync(`${from}browser/page.html`, `${to}page.html`);
