import { fileURLToPath } from 'node:url';
import { fromUtf8 } from '../../core/bytes.ts';
import { readSmallFile } from '../../files/read.ts';
import type { PageParts } from './page.ts';

/** Where the build leaves them, as seen from here and from where this is compiled to. */
const FOLDER = new URL('../../../dist/media-page/', import.meta.url);

/** The parts that the build made of `browser/`. @throws OtaError `input-missing` where nothing was built */
export async function pageParts(): Promise<PageParts> {
  const [html, script, style] = await Promise.all(['page.html', 'page.js', 'page.css'].map(part));
  return { html: html ?? '', script: script ?? '', style: style ?? '' };
}

const part = async (name: string): Promise<string> =>
  fromUtf8(await readSmallFile(fileURLToPath(new URL(name, FOLDER))));
