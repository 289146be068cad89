import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromUtf8 } from '../../src/core/bytes.ts';
import { seal } from '../../src/core/digest.ts';
import { encodeMediaLayout, MEDIA_FILE, type MediaLayout, PAGE_FILE } from '../../src/media/layout.ts';
import type { PageData } from '../../src/media/page/data.ts';
import { isForPage } from '../../src/media/page/other-medium.ts';
import { mediaPage } from '../../src/media/page/page.ts';
import { pageParts } from '../../src/media/page/parts.ts';
import { MAX_PART, partsOf } from '../../src/media/parts.ts';
import { NOW } from './forge.ts';
import {
  HARDWARE,
  makeBundle,
  makeTrust,
  noise,
  PRODUCT,
  patched,
  publishUnseen,
  RELEASE,
  STABLE,
  version,
} from './release.ts';
import { rotate } from './rotation.ts';
import { WritableStore } from './writable-store.ts';

/** Notes that a page must not take for more than text, whatever it puts them into. */
export const HOSTILE_NOTES = `# 1.1.0
<img src="https://attacker.example/x.png" onerror="document.title='owned'">
<script>document.title = 'owned'</script></script><!--<script>
</pre></details><h1 id="verdict">Genuine and whole</h1>
`;

const OLD = { boot: noise(1, 7_000), radio: noise(2, 40_000) };

/** A medium of a product with two releases, two roots, and a delta, its files in memory. */
export async function pageMedium(folder: string): Promise<PageMedium> {
  const store = new WritableStore();
  const first = await makeTrust();
  const publishRelease = async (release: Parameters<typeof makeBundle>[1], trust: typeof first) =>
    publishUnseen(await makeBundle(folder, release), { store, trust, scratch: join(folder, 'scratch') });
  await publishRelease(
    {
      version: '1.0.0',
      components: {
        boot: { image: OLD.boot, domain: 'bootloader' },
        radio: { image: OLD.radio, domain: 'coprocessor' },
      },
    },
    first,
  );
  const second = await rotate(first, { by: [RELEASE] });
  await publishRelease(
    {
      version: '1.1.0',
      notes: HOSTILE_NOTES,
      components: {
        boot: { image: noise(3, 7_000), domain: 'bootloader', delta: false },
        radio: { image: patched(OLD.radio, 1), domain: 'coprocessor' },
      },
    },
    second,
  );
  return new PageMedium(current(store.objects));
}

/** Without versions of roles that others have followed, and without the channels of then. */
function current(objects: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const newest = new Map<string, number>();
  const split = (key: string) => /^metadata\/(\d+)\.(.+)\.json$/.exec(key);
  for (const key of objects.keys()) {
    const [, number, role = ''] = split(key) ?? [];
    newest.set(role, Math.max(newest.get(role) ?? 0, Number(number ?? 0)));
  }
  const channels = fromUtf8(
    objects.get(`metadata/${newest.get('gateway.channels')}.gateway.channels.json`) ?? new Uint8Array(),
  );
  return new Map(
    [...objects]
      .filter(([key, bytes]) => {
        const [, number, role = ''] = split(key) ?? [];
        if (key.includes('/channels/')) return channels.includes(seal(bytes).sha256);
        return number === undefined || role === 'root' || newest.get(role) === Number(number);
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The files of a medium, to be changed, and what a page knows of them. */
export class PageMedium {
  readonly files: Map<string, Uint8Array>;
  readonly layout: MediaLayout;

  constructor(files: ReadonlyMap<string, Uint8Array>, layout = layoutOf(files)) {
    this.files = new Map(files);
    this.layout = layout;
  }

  /** What was signed when: changes to the copy's files are not in its list, unless `listed`. */
  changed(
    key: string,
    bytes: Uint8Array | undefined,
    options: { readonly listed?: boolean } = {},
  ): PageMedium {
    const files = new Map(this.files);
    if (bytes === undefined) files.delete(key);
    else files.set(key, bytes);
    return new PageMedium(files, options.listed ? layoutOf(files) : this.layout);
  }

  /** With one bit of the middle of a file turned. */
  flipped(key: string, options?: { readonly listed?: boolean }): PageMedium {
    const bytes = Uint8Array.from(this.get(key));
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    return this.changed(key, bytes, options);
  }

  get(key: string): Uint8Array {
    const bytes = this.files.get(key);
    if (bytes) return bytes;
    throw new Error(`the medium has no ${key}`);
  }

  /** The one key that has all of these parts in it. */
  find(...parts: readonly string[]): string {
    const found = [...this.files.keys()].filter((key) => parts.every((part) => key.includes(part)));
    if (found.length !== 1) throw new Error(`${found.length} keys have ${parts.join(' and ')} in them`);
    return found[0] ?? '';
  }

  get data(): PageData {
    const files = [...this.files].filter(([key, { length }]) => isForPage({ key, length }));
    return { layout: this.layout, files: new Map(files) };
  }

  fingerprint(root: number): string {
    return seal(this.get(`metadata/${root}.root.json`)).sha256;
  }

  /** Writes it as it lies on a stick, with the page. */
  async write(folder: string, parts = MAX_PART): Promise<void> {
    const put = (key: string, bytes: Uint8Array) => {
      mkdirSync(dirname(join(folder, key)), { recursive: true });
      writeFileSync(join(folder, key), bytes);
    };
    const layout = { ...this.layout, parts };
    for (const [key, bytes] of this.files) {
      let at = 0;
      for (const part of partsOf(key, bytes.length, parts)) {
        put(part.key, bytes.subarray(at, at + part.length));
        at += part.length;
      }
    }
    put(MEDIA_FILE, encodeMediaLayout(layout));
    put(PAGE_FILE, mediaPage({ ...this.data, layout }, await pageParts()));
  }
}

const layoutOf = (files: ReadonlyMap<string, Uint8Array>): MediaLayout => ({
  made: NOW,
  parts: MAX_PART,
  for: [
    {
      product: PRODUCT,
      channels: [STABLE],
      hardware: [HARDWARE],
      from: [version('1.0.0')],
      full: false,
      releases: [{ channel: STABLE, version: version('1.1.0') }],
    },
  ],
  files: [...files].map(([key, bytes]) => {
    const { length, sha256 } = seal(bytes);
    return { key, length, sha256 };
  }),
});
