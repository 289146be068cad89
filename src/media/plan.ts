import { type Digest, type Sealed, seal } from '../core/digest.ts';
import { type Fault, OtaError } from '../core/errors.ts';
import type { Name, Version } from '../core/names.ts';
import { formatSize } from '../core/sizes.ts';
import { TIMESTAMP_KEY } from '../repository/layout.ts';
import type { Slice } from './gather.ts';
import { type Lasting, lastingOf } from './lasting.ts';
import { encodeMediaLayout, MEDIA_FILE, type MediaLayout, PAGE_FILE, README_FILE } from './layout.ts';
import { MAX_PART, partsOf } from './parts.ts';
import { readmeOf } from './readme.ts';
import { type SliceFile, sizeOf } from './slice.ts';
import type { PlannedFile } from './writer.ts';

/** A medium before any of it is written. */
export interface MediumPlan {
  readonly layout: MediaLayout;
  readonly slice: Slice;
  readonly lasting: readonly Lasting[];
  /** In the order in which they are written: what the others lead to first. */
  readonly files: readonly PlannedContent[];
  /** Bytes of all of it. */
  readonly bytes: number;
  /** The files as they lie there, the list of them last. */
  readonly physical: readonly PlannedFile[];
}

export interface PlannedContent extends Digest {
  readonly key: string;
  /** Where it is not read from the store. */
  readonly bytes?: Uint8Array;
}

export interface PlanOptions {
  /** Bytes that one file has at most. */
  readonly parts?: number;
  /** Makes the technician's page of what else is on the medium. */
  readonly page?: (layout: MediaLayout) => Promise<Uint8Array>;
}

/** Lays out what was gathered: pure but for the roles, which are read already, and the page. */
export async function planMedium(slice: Slice, options: PlanOptions = {}): Promise<MediumPlan> {
  const { parts = MAX_PART } = options;
  const lasting = await Promise.all(
    slice.products.map((product) => lastingOf(slice.repository, product.for.product)),
  );
  const about = { made: (lasting[0] as Lasting).made, for: slice.products.map((product) => product.for) };
  const readme = content(README_FILE, seal(readmeOf(about, options.page !== undefined)));
  const layoutOf = (more: readonly Digested[]): MediaLayout => ({
    ...about,
    parts,
    files: [...more, ...slice.files]
      .map(({ key, length, sha256 }) => ({ key, length, sha256 }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
  });
  const page = await options.page?.(layoutOf([readme]));
  const people = [...(page ? [content(PAGE_FILE, seal(page))] : []), readme];
  const layout = layoutOf(people);
  const list = content(MEDIA_FILE, seal(encodeMediaLayout(layout)));
  const targets = slice.files.filter(({ bytes }) => bytes === undefined);
  const metadata = slice.files.filter(({ bytes }) => bytes !== undefined);
  const ordered = [...targets, ...people, ...metadata.toSorted((a, b) => place(a) - place(b)), list];
  return {
    layout,
    slice,
    lasting,
    files: ordered,
    bytes: sizeOf(ordered),
    physical: ordered.flatMap(({ key, length }) => partsOf(key, length, parts)),
  };
}

type Digested = Digest & { readonly key: string };

const content = (key: string, { bytes, length, sha256 }: Sealed): PlannedContent & { bytes: Uint8Array } => ({
  key,
  bytes,
  length,
  sha256,
});

/** Targets, the metadata that leads to them, and what leads to that: so a client never finds a name without its file. */
const place = ({ key, kind }: SliceFile): number => (key === TIMESTAMP_KEY ? 2 : kind === 'metadata' ? 1 : 0);

/** What takes how much of a medium, the largest first. */
export interface Share {
  readonly what: string;
  readonly files: number;
  readonly bytes: number;
}

/** By product, component and kind; metadata and documents together. */
export function sharesOf({ files }: Slice): readonly Share[] {
  return grouped(files, ({ kind, component, needs }) =>
    component === undefined
      ? 'metadata and documents'
      : `${needs[0]?.product} ${component}, ${kind === 'delta' ? 'deltas' : 'in full'}`,
  );
}

/** What would be saved by asking for less. */
export function savingsOf({ files, products }: Slice): readonly Share[] {
  const alone = (what: string, is: (file: SliceFile) => boolean): Share => {
    const found = files.filter((file) => file.needs.length > 0 && file.kind !== 'metadata' && is(file));
    return { what, files: found.length, bytes: sizeOf(found) };
  };
  const each = <T extends Name | Version>(
    values: readonly T[],
    text: (value: T) => string,
    of: (need: SliceFile['needs'][0]) => unknown,
  ) =>
    values.length < 2
      ? []
      : values.map((value) => alone(text(value), ({ needs }) => needs.every((need) => of(need) === value)));
  const shares = [
    alone('without --full', ({ needs }) => needs.every(({ spare }) => spare === true)),
    ...each(
      products.map((item) => item.for.product),
      (product) => `without product ${product}`,
      ({ product }) => product,
    ),
    ...products.flatMap(({ for: { product, from, hardware } }) => [
      ...each(
        from,
        (version) => `without devices that have ${product} ${version}`,
        (need) => need.product === product && need.from,
      ),
      ...each(
        hardware,
        (id) => `without hardware ${id}`,
        (need) => need.product === product && need.hardware,
      ),
    ]),
  ];
  return shares.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
}

function grouped(files: readonly SliceFile[], nameOf: (file: SliceFile) => string): readonly Share[] {
  const shares = new Map<string, Share>();
  for (const file of files) {
    const what = nameOf(file);
    const known = shares.get(what);
    shares.set(what, {
      what,
      files: (known?.files ?? 0) + 1,
      bytes: (known?.bytes ?? 0) + file.length,
    });
  }
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes);
}

/** @throws OtaError `media-too-large` with what takes how much, and what would help */
export function checkLimit({ slice, bytes }: MediumPlan, limit: number): void {
  if (bytes <= limit) return;
  const fault = ({ what, files, bytes: size }: Share): Fault => ({
    where: what,
    message: `${formatSize(size)} in ${files === 1 ? '1 file' : `${files} files`}`,
  });
  const savings = savingsOf(slice);
  const anyone = slice.products.filter(({ for: { from } }) => from.length === 0);
  throw new OtaError(
    'media-too-large',
    `the medium would have ${formatSize(bytes)}, more than the ${formatSize(limit)} of --limit`,
    {
      faults: sharesOf(slice).map(fault),
      hint: [
        'Nothing was written.',
        ...savings.slice(0, 5).map(({ what, bytes: size }) => `${formatSize(size)} less ${what}.`),
        ...(anyone.length === 0
          ? []
          : [
              `Say what devices have with --from: then there are deltas instead of payloads for ${anyone
                .map((item) => item.for.product)
                .join(', ')}.`,
            ]),
        ...(savings.length === 0 && anyone.length === 0
          ? ['Split it into several media, or publish a release with smaller deltas.']
          : []),
      ].join(' '),
    },
  );
}
