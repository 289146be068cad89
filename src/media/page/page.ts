import { fromUtf8, toBase64, utf8 } from '../../core/bytes.ts';
import { Hasher } from '../../core/digest.ts';
import type { MediaLayout } from '../layout.ts';
import { encodePageData, type PageData } from './data.ts';

/** What a page is built of: made from `browser/` by the build. */
export interface PageParts {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

/**
 * The page of a medium, one HTML file that needs nothing but a browser: the same bytes for the same medium. It may load nothing, run only
 * its own script, and send nothing (its content security policy names both by their digests).
 */
export function mediaPage(data: PageData, { html, script, style }: PageParts): Uint8Array {
  const policy = [
    "default-src 'none'",
    `script-src '${digestOf(script)}'`,
    `style-src '${digestOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const parts: Readonly<Record<string, string>> = {
    policy: escaped(policy),
    title: escaped(titleOf(data.layout)),
    style,
    script,
    data: forScript(fromUtf8(encodePageData(data))),
  };
  return utf8(html.replace(/\{\{([a-z]+)\}\}/g, (_, name: string) => parts[name] ?? ''));
}

const titleOf = ({ for: products }: MediaLayout): string =>
  products
    .map(({ product, releases }) => [product, ...new Set(releases.map(({ version }) => version))].join(' '))
    .join(', ');

/** Text between tags and in attributes. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** JSON in a script element: nothing in it can end the element or begin a comment (HTML, section 4.12.1.3). */
const forScript = (json: string): string => json.replaceAll('<', '\\u003c');

/** The source expression of an inline script or style (CSP 3, section 2.3.1). */
function digestOf(text: string): string {
  const hex = new Hasher('sha256').update(utf8(text)).hex();
  return `sha256-${toBase64(Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)))}`;
}
