import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** Folders that are not the project's text: packages, and what a run or a build leaves. */
const SKIPPED = new Set(['node_modules', '.git', 'dist', 'coverage', 'demo']);

/** Every Markdown file below a folder, relative to it. */
export function markdownFiles(root: string, folder = ''): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : markdownFiles(root, path);
      return entry.name.endsWith('.md') ? [path] : [];
    })
    .sort();
}

export interface Link {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly target: string;
}

/** The relative links of a Markdown text; those to other sites and those in code are not among them. */
export function linksOf(text: string): readonly Link[] {
  return withoutCode(text)
    .split('\n')
    .flatMap((line, index) => {
      const inline = line.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g);
      const definition = line.matchAll(/^\s{0,3}\[[^\]]+\]:\s+<?([^\s>]+)>?/g);
      return [...inline, ...definition].map((match) => ({ line: index + 1, target: match[1] ?? '' }));
    })
    .filter(({ target }) => !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target));
}

/** What a file's links get wrong, as `file:line target: reason`. */
export function brokenLinks(root: string, file: string): readonly string[] {
  return linksOf(readFileSync(join(root, file), 'utf8')).flatMap(({ line, target }) => {
    const reason = faultOf(root, file, target);
    return reason === undefined ? [] : [`${file}:${line} ${target}: ${reason}`];
  });
}

/** The file that a relative link leads to, and the anchor in it. */
export function resolveLink(root: string, file: string, target: string) {
  const [path = '', anchor] = target.split('#', 2).map(decodeURIComponent);
  const full = path === '' ? join(root, file) : resolve(root, dirname(file), path);
  return { path: relative(root, full).replaceAll('\\', '/'), anchor };
}

function faultOf(root: string, file: string, target: string): string | undefined {
  const { path, anchor } = resolveLink(root, file, target);
  if (path.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(root, path))) return 'there is no such file';
  if (anchor === undefined) return undefined;
  if (!path.endsWith('.md')) return 'an anchor in a file that is not Markdown';
  return anchorsOf(readFileSync(join(root, path), 'utf8')).has(anchor)
    ? undefined
    : 'there is no such heading';
}

/** The anchors of a text's headings, as GitHub makes them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Keeps the line ends, so that line numbers stay right. */
const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
const withoutFences = (text: string): string => text.replace(/^( *)(`{3,}|~{3,})[\s\S]*?^\1\2/gm, blank);
const withoutCode = (text: string): string =>
  withoutFences(text).replace(/(`+)[^`\n](?:.*?[^`])?\1(?!`)/g, blank);
