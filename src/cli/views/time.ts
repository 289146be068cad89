import chalk from 'chalk';
import { DAY, formatTime, type Seconds } from '../../core/time.ts';

/** `in 29 days`, `3 hours ago`: whole units, rounded down, the larger of two that fit. */
export function relativeTime(time: Seconds, now: Seconds): string {
  const distance = Math.abs(time - now);
  const [count, unit] =
    distance >= 2 * DAY
      ? [distance / DAY, 'day']
      : distance >= 7200
        ? [distance / 3600, 'hour']
        : [distance / 60, 'minute'];
  const text = `${Math.floor(count)} ${unit}${Math.floor(count) === 1 ? '' : 's'}`;
  return time > now ? `in ${text}` : `${text} ago`;
}

/** Days before its expiry from which a role is shown as due: people have to meet for the offline ones. */
const WARN_DAYS: Readonly<Record<string, number>> = { snapshot: 7, timestamp: 7 };
const WARN_DAYS_OFFLINE = 30;

export type ExpiryState = 'valid' | 'soon' | 'expired';

/** @param role the role's name or type */
export function expiryState(role: string, expires: Seconds, now: Seconds): ExpiryState {
  if (expires <= now) return 'expired';
  return expires - now < (WARN_DAYS[role] ?? WARN_DAYS_OFFLINE) * DAY ? 'soon' : 'valid';
}

/** An expiry for a person, absolute and relative: yellow when it is near, red when it has passed. */
export function expiryText(role: string, expires: Seconds, now: Seconds): string {
  const state = expiryState(role, expires, now);
  const text = `${formatTime(expires)}, ${state === 'expired' ? 'expired ' : ''}${relativeTime(expires, now)}`;
  if (state === 'valid') return text;
  return state === 'soon' ? chalk.yellow(text) : chalk.red(text);
}
