import type { Name, Version } from '../core/names.ts';
import type { Progress } from '../core/progress.ts';
import { formatTime, type Seconds } from '../core/time.ts';
import type { Trust } from '../repository/trust.ts';
import type { ReadStore } from '../storage/store.ts';
import { gatherSlice } from './gather.ts';
import { acceptedUntil, type Lasting } from './lasting.ts';
import { checkLasting } from './lasting-check.ts';
import type { MediaFor } from './layout.ts';
import { pageMaker } from './page/of-slice.ts';
import type { PageParts } from './page/page.ts';
import { checkLimit, type MediumPlan, type PlanOptions, planMedium, type Share, sharesOf } from './plan.ts';
import { type SliceRequest, sizeOf } from './slice.ts';
import { type WrittenMedium, writeMedium } from './write.ts';
import type { WriteMedium, WriteMediumOptions } from './writer.ts';

export interface CreateOptions extends Omit<PlanOptions, 'page'> {
  readonly store: ReadStore;
  readonly trust: Trust;
  readonly requests: readonly SliceRequest[];
  readonly path: string;
  readonly write: WriteMedium;
  readonly writing: Omit<WriteMediumOptions, 'time'>;
  /** Of which the technician's page is made; none is where they are absent. */
  readonly page?: PageParts;
  /** Bytes that the medium may have. */
  readonly limit?: number;
  /** Days for which devices have to take it. */
  readonly validFor?: number;
  /** Make it although it does not last so long. */
  readonly force: boolean;
  /** Plan alone. */
  readonly dryRun: boolean;
  readonly now: Seconds;
  readonly progress: Progress;
}

export interface MediumReport {
  readonly path: string;
  readonly store: string;
  /** When its timestamp was signed. */
  readonly made: string;
  readonly products: readonly MediumProduct[];
  /** What takes how much, the largest first. */
  readonly shares: readonly Share[];
  readonly files: number;
  readonly bytes: number;
  /** Absent where nothing was written: with `--dry-run`. */
  readonly written?: WrittenMedium;
}

export type MediumProduct = MediaFor & {
  readonly profile: Lasting['profile'];
  /** Until when devices take the medium; absent where that has no end. */
  readonly until?: string;
  /** Releases that were named and are newer than what a channel gives out. */
  readonly ahead: readonly { readonly channel: Name; readonly version: Version }[];
};

/**
 * Makes a medium: gathers what the devices need, plans it, refuses what is too large or does not last, and writes it.
 *
 * @throws OtaError as `gatherSlice`, `checkLimit`, `checkLasting` and `writeMedium`
 */
export async function createMedium(options: CreateOptions): Promise<MediumReport> {
  const { store, limit, validFor, force, dryRun, path, write, writing, now, progress } = options;
  const slice = await gatherSlice(options);
  const plan = await planMedium(slice, {
    ...(options.parts === undefined ? {} : { parts: options.parts }),
    ...pageMaker(slice, store, options.page),
  });
  if (validFor !== undefined) checkLasting(plan.lasting, { now, days: validFor, force });
  if (limit !== undefined) checkLimit(plan, limit);
  const report = reportOf(plan, path, store);
  if (dryRun) return report;
  const time = plan.layout.made;
  const written = await writeMedium({ plan, store, path, write, options: { ...writing, time }, progress });
  return { ...report, written };
}

export const reportOf = (plan: MediumPlan, path: string, store: ReadStore): MediumReport => ({
  path,
  store: store.url,
  made: formatTime(plan.layout.made),
  products: plan.slice.products.map((product, index): MediumProduct => {
    const lasting = plan.lasting[index] as Lasting;
    const until = acceptedUntil(lasting.profile, lasting);
    return {
      ...product.for,
      profile: lasting.profile,
      ...(Number.isFinite(until) ? { until: formatTime(until) } : {}),
      ahead: product.ahead,
    };
  }),
  shares: sharesOf(plan.slice),
  files: plan.files.length,
  bytes: sizeOf(plan.files),
});
