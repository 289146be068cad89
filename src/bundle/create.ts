import { allAtOnce } from '../core/all-at-once.ts';
import type { Digest } from '../core/digest.ts';
import { OtaError } from '../core/errors.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { Seconds } from '../core/time.ts';
import { withFolderBeside } from '../files/beside.ts';
import { writeStreamAtomic } from '../files/write.ts';
import { MAX_MTIME } from './archive/header.ts';
import { bundleLength, extraPath, MANIFEST_PATH, payloadPath, SIGNATURES_PATH } from './archive/layout.ts';
import { type Content, writeArchive } from './archive/write.ts';
import { compareExisting } from './existing.ts';
import { type ExtraFile, prepareExtras } from './extras.ts';
import { checkImage, type PreparedImage, packFile, packImage, prepareImage } from './images.ts';
import { beforeOf } from './lint/before.ts';
import { type Finding, lint, type Rule, refuseFindings } from './lint/lint.ts';
import { encodeManifest, MAX_MANIFEST_BYTES, type Manifest } from './manifest.ts';
import type { ReleaseContent } from './release-file/model.ts';
import { pathIn } from './release-file/paths.ts';
import { encodeSignatures } from './signatures-region.ts';
import { proveOrder } from './transition/prove.ts';
import type { Stop } from './transition/way.ts';

export interface CreateOptions {
  readonly content: ReleaseContent;
  /** The folder that paths of the content are relative to. */
  readonly folder: string;
  /** Path of the bundle. */
  readonly output: string;
  /** Time of the entries; 1970-01-01 where it is left out. */
  readonly sourceDateEpoch?: Seconds;
  readonly progress?: Progress;
  /** The releases that devices may come from: every state on the way from them has to work. */
  readonly bases?: readonly BundledBase[];
  /** What else has to hold of the content; what it refuses is told together with what else is wrong. */
  readonly check?: () => void;
  /** Findings of these rules are no matter. */
  readonly allow?: ReadonlySet<Rule>;
  /** Replace a bundle with other content. */
  readonly force?: boolean;
}

/** A release that devices may come from, the first published first. */
export interface BundledBase extends Stop {
  readonly parts: Manifest;
}

export interface CreatedBundle {
  readonly path: string;
  readonly manifest: Manifest;
  /** Digest of the manifest, which names the release. */
  readonly release: Digest;
  /** Bytes of the bundle. */
  readonly length: number;
  /** The releases whose devices can install it, by its order in every state. */
  readonly from: readonly string[];
  /** Those of them that have to install another one first. */
  readonly detours: readonly { readonly from: string; readonly by: string }[];
  /** What is odd about the images, and was no reason to refuse them. */
  readonly findings: readonly Finding[];
  /** True where the bundle stood there already, perhaps signed, and was left as it is. */
  readonly unchanged: boolean;
}

/** The name of a bundle where no other is asked for. */
export const bundleName = ({ product, version }: Pick<Manifest, 'product' | 'version'>): string =>
  `${product}-${version}.ota`;

/**
 * Makes a bundle (`docs/formats/bundle.md`) from a release file, whole or not at all. The same inputs give the same bytes
 * anywhere. Every image is read twice, and must be the same both times. Memory does not grow with the images.
 *
 * @throws OtaError what `options.check` throws; `order-unsafe`, `plan-too-large`, `image-refused`; `input-missing`, `input-unreadable`, `input-directory`, `input-empty`, `input-too-large` (several at once, as
 *   `faults` of the first), `input-changed`, `name-invalid`, `output-exists`, `output-failed`, `disk-full`, `date-invalid`
 */
export async function createBundle(options: CreateOptions): Promise<CreatedBundle> {
  const { content, folder, output, progress = silent, force = false } = options;
  const mtime = checkedTime(options.sourceDateEpoch ?? 0);
  const bases = options.bases ?? [];
  const [{ steps, detours }] = await allAtOnce(`${content.product} ${content.version}`, [
    () => proveOrder(content, bases),
    () => checkInputs(content, folder),
    ...(options.check ? [options.check] : []),
  ]);
  const order = steps.flatMap(({ components }) => components);
  return withFolderBeside(output, async (scratch) => {
    const images: PreparedImage[] = [];
    for (const component of order) {
      images.push(await prepareImage(component, pathIn(folder, component.file), scratch, progress));
    }
    const findings = lint(
      images.map(({ component, image, look }) => ({ ...component, image, look })),
      beforeOf(bases.map(({ parts }) => parts)),
      options.allow,
    );
    refuseFindings(findings);
    const extras = await prepareExtras(content, folder);
    const manifest = manifestOf(content, images, extras);
    const sealed = encodeManifest(manifest);
    if (sealed.length > MAX_MANIFEST_BYTES) {
      throw new OtaError(
        'input-too-large',
        `the manifest has ${sealed.length} bytes, more than ${MAX_MANIFEST_BYTES}`,
      );
    }
    const result = {
      path: output,
      manifest,
      release: { sha256: sealed.sha256, length: sealed.length },
      from: bases.map(({ label }) => label),
      detours: detours.map(({ from, by }) => ({ from: from.label, by: by.label })),
      findings,
    };
    const existing = await compareExisting(output, sealed, mtime, progress);
    if (existing === 'same') {
      return { ...result, length: bundleLength(manifest, sealed.length), unchanged: true };
    }
    if (existing === 'other' && !force) throw otherExists(output);
    const entries: readonly Content[] = [
      fixed(MANIFEST_PATH, sealed.bytes),
      fixed(SIGNATURES_PATH, encodeSignatures([])),
      ...images.map((image) => ({
        path: payloadPath(image.component.name),
        length: image.payload.length,
        open: () => packImage(image, progress),
      })),
      ...extras.map((extra) => ({
        path: extraPath(extra.name),
        length: extra.length,
        open: () => packFile(extra.path, extra, `pack ${extra.name}`, progress),
      })),
    ];
    const length = await writeStreamAtomic(output, writeArchive(entries, mtime), { exclusive: !force });
    return { ...result, length, unchanged: false };
  });
}

function checkedTime(time: Seconds): Seconds {
  if (Number.isSafeInteger(time) && time >= 0 && time <= MAX_MTIME) return time;
  throw new OtaError('date-invalid', `SOURCE_DATE_EPOCH must be a whole number from 0 to ${MAX_MTIME}`, {
    where: 'SOURCE_DATE_EPOCH',
    hint: 'Unset it, or set it to the seconds since 1970 of the last commit: git log -1 --format=%ct.',
  });
}

/** Every image is looked at before the first is read, so that all that is wrong is told at once. */
async function checkInputs({ components }: ReleaseContent, folder: string): Promise<void> {
  const errors: OtaError[] = [];
  for (const component of components) {
    try {
      await checkImage(component, pathIn(folder, component.file));
    } catch (error) {
      if (!(error instanceof OtaError)) throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  if (first === undefined) return;
  if (errors.length === 1) throw first;
  throw new OtaError(first.code, `${errors.length} images cannot be bundled`, {
    hint: 'Correct all of them and run the same command again.',
    cause: first,
    faults: errors.map(({ where, message }) => ({ where: where ?? '', message })),
  });
}

const otherExists = (path: string): OtaError =>
  new OtaError('output-exists', `${path} exists already, with other content`, {
    where: path,
    hint: 'Give the release a new version in the release file, or replace the old one with --force.',
  });

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : 1);
const sortedOnce = <T extends string>(names: readonly T[]): readonly T[] =>
  [...new Set(names)].sort(byCodeUnit);

function manifestOf(
  { product, version, hardware, fixed }: ReleaseContent,
  images: readonly PreparedImage[],
  extras: readonly ExtraFile[],
): Manifest {
  return {
    product,
    version,
    hardware: sortedOnce(hardware),
    components: images.map(({ component, image, payload, look: { architecture } }) => {
      const { file: _, compression: __, order: ___, hardware: some, ...rest } = component;
      return {
        ...rest,
        image,
        payload,
        ...(some === undefined ? {} : { hardware: sortedOnce(some) }),
        ...(architecture === undefined ? {} : { architecture }),
      };
    }),
    fixed: [...fixed]
      .sort((a, b) => byCodeUnit(a.name, b.name))
      .map(({ hardware: some, ...rest }) => ({
        ...rest,
        ...(some === undefined ? {} : { hardware: sortedOnce(some) }),
      })),
    extras: extras.map(({ name, length, sha256 }) => ({ name, length, sha256 })),
  };
}

const fixed = (path: string, bytes: Uint8Array): Content => ({
  path,
  length: bytes.length,
  open: async function* () {
    yield bytes;
  },
});
