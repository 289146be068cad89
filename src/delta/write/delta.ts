import type { Digest } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import type { ByteSource } from '../../core/source.ts';
import { lzmaAvailable } from '../coder/lzma-encoder.ts';
import { encodeHeader, SECTIONS, type SectionName } from '../format.ts';
import type { Steps } from '../match/steps.ts';
import { mapOfSteps } from '../predict/map-of-steps.ts';
import { encodePrediction, type Prediction } from '../predict/prediction.ts';
import { Predictor } from '../predict/predictor.ts';
import { type CodedSection, codeSection } from './code.ts';
import { controls } from './controls.ts';
import { Insertions } from './insertions.ts';
import { type Fixed, NO_PREDICTION, planSections, predictionBits } from './plan.ts';
import { quick } from './quick.ts';
import { separate } from './separate.ts';
import { type Raw, Spool } from './spool.ts';

/** The two images, and the steps that make the second from the first. */
export interface Matched {
  readonly old: ByteSource;
  readonly fresh: ByteSource;
  readonly steps: Steps;
}

export interface WriteDeltaOptions {
  readonly digests: { readonly old: Digest; readonly new: Digest };
  /** Bytes that the device can spend on applying. */
  readonly memory?: number;
  /** By what references are predicted; without it none are. */
  readonly prediction?: Prediction;
  /** The section that says what of both images is unpacked, and the memory that takes. */
  readonly packing?: { readonly section: Uint8Array; readonly memory: number };
  /** Is told how many bytes of the new image are encoded. */
  readonly done?: (bytes: number) => void;
}

/**
 * Encodes what a match found as a delta of our own format: docs/formats/delta.md. Where predicting references makes it no
 * smaller, or takes more memory than there is, they are not predicted.
 *
 * @throws OtaError `delta-too-large` where it cannot be applied in `memory` bytes
 */
export async function writeDelta(
  matched: Matched,
  options: WriteDeltaOptions,
): Promise<readonly Uint8Array[]> {
  const shared: Shared = new Map();
  const predicted = options.prediction && (await tryPredicted(matched, options, options.prediction, shared));
  if (predicted && !(await mayBeSmaller(matched, predicted))) return predicted.pieces;
  const plain = await write(matched, options, undefined, shared);
  return predicted && predicted.length <= plain.length ? predicted.pieces : plain.pieces;
}

/** A larger delta is not made twice where a quick coding of the differences without prediction says that it is in vain. */
const WORTH_COMPARING = 2 ** 16;
/** Of what the quick coding takes, the best one has always left more than this part. */
const LEAST = 0.6;

/** Whether a delta without prediction may be smaller, by a quick coding of what prediction replaces. */
async function mayBeSmaller(matched: Matched, { length, replaced }: Written): Promise<boolean> {
  if (length <= WORTH_COMPARING || !(await lzmaAvailable())) return true;
  const { differences } = await separate(matched, undefined);
  return (await quick(differences)) * LEAST < replaced;
}

/** Sections that are the same with and without prediction, coded once where both may use all the memory they want. */
type Shared = Map<SectionName, Promise<CodedSection | undefined>>;
const SHARED: ReadonlySet<SectionName> = new Set(['controls', 'insertions']);
const PREDICTED: ReadonlySet<SectionName> = new Set(['prediction', 'modes', 'differences']);

interface Written {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
  /** Of the sections that prediction makes or changes. */
  readonly replaced: number;
}

async function tryPredicted(
  matched: Matched,
  options: WriteDeltaOptions,
  prediction: Prediction,
  shared: Shared,
): Promise<Written | undefined> {
  try {
    return await write(matched, options, prediction, shared);
  } catch (error) {
    if (error instanceof OtaError && error.code === 'delta-too-large') return undefined;
    throw error;
  }
}

async function write(
  matched: Matched,
  { digests, memory, packing, done }: WriteDeltaOptions,
  prediction: Prediction | undefined,
  shared: Shared,
): Promise<Written> {
  const { steps } = matched;
  const bits = prediction ? predictionBits(memory) : NO_PREDICTION;
  const predictor = prediction && new Predictor(prediction, mapOfSteps(steps), bits);
  const separated = await separate(matched, predictor, done);
  const spools: Partial<Record<SectionName, Raw>> = {
    ...(packing ? { packing: spoolOf(packing.section) } : {}),
    ...(prediction ? { prediction: spoolOf(encodePrediction(prediction)) } : {}),
    ...separated,
    insertions: new Insertions(matched.fresh, steps),
    controls: controls(steps, 1),
  };
  const fixed: Fixed = { steps: steps.count, ...bits, packing: packing?.memory ?? 0 };
  const raw = SECTIONS.map((name) => ({ name, length: spools[name]?.length ?? 0 }));
  const plan = planSections(
    raw.filter(({ length }) => length > 0),
    fixed,
    memory,
    await lzmaAvailable(),
  );
  if (prediction && plan.coder === 'stored')
    throw new OtaError('delta-too-large', 'prediction leaves no memory to a coder');
  // Another grouping takes as many bytes.
  spools.controls = controls(steps, plan.group);
  const coded = await Promise.all(
    SECTIONS.map((name) => {
      const coding = shared.get(name) ?? codeSection(name, spools[name] ?? new Spool(), plan);
      if (memory === undefined && SHARED.has(name)) shared.set(name, coding);
      return coding;
    }),
  );
  const sections = coded.filter((section): section is CodedSection => section !== undefined);
  const header = encodeHeader({ ...digests, ...fixed, group: plan.group, sections });
  const pieces = [header, ...sections.flatMap((section) => section.pieces)];
  const sizes = (of: readonly CodedSection[]) => of.reduce((sum, { coded }) => sum + coded, 0);
  const replaced = sizes(sections.filter(({ name }) => PREDICTED.has(name)));
  return { pieces, length: header.length + sizes(sections), replaced };
}

function spoolOf(bytes: Uint8Array): Spool {
  const spool = new Spool();
  spool.append(bytes);
  return spool;
}
