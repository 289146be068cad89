import { OtaError } from '../core/errors.ts';
import { DAY, type Seconds } from '../core/time.ts';
import type { RolloutStep } from '../repository/channel.ts';

const STEP = /^(\d{1,3})%(?:@(\d{1,6})(m|h|d))?$/;
const UNITS: Readonly<Record<string, Seconds>> = { m: 60, h: 3600, d: DAY };

/**
 * Reads `1%,10%@1d,100%@3d`: percentages of the devices, each with how long after now it begins.
 *
 * @throws OtaError `usage-flag`
 */
export function parseSteps(text: string, now: Seconds): readonly RolloutStep[] {
  const steps = text.split(',').map((item) => {
    const [match, percent, count = '0', unit = 'm'] = STEP.exec(item.trim()) ?? [];
    if (match === undefined) throw bad(`${JSON.stringify(item.trim())} is not a step`);
    return { percent: Number(percent), at: now + Number(count) * (UNITS[unit] ?? 0) };
  });
  for (const [index, { percent, at }] of steps.entries()) {
    if (percent < 1 || percent > 100) throw bad(`${percent}% is not from 1% to 100%`);
    const before = steps[index - 1];
    if (before && (before.percent >= percent || before.at >= at))
      throw bad('each step has to come later and be more');
  }
  return steps;
}

/** Reads `30m`, `6h` or `1d`, in seconds; not none. @throws OtaError `usage-flag` */
export function parseInterval(text: string, flag: string): Seconds {
  const [, count = '0', unit = ''] = /^(\d{1,6})(m|h|d)$/.exec(text) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw new OtaError('usage-flag', `${flag} ${JSON.stringify(text)} is not a length of time`, {
    hint: 'Write it as in 30m, 6h or 1d.',
  });
}

const bad = (why: string): OtaError =>
  new OtaError('usage-flag', `--rollout: ${why}`, {
    hint: 'Write steps as in 1%,10%@1d,50%@3d,100%@7d: percent, and how long after now (m, h or d).',
  });
