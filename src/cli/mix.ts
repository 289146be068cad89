import { OtaError } from '../core/errors.ts';
import { isVersion } from '../core/names.ts';

/**
 * Reads `1.0.0=70,1.1.0=25,none=5`: releases, and how many devices have them in comparison with the others.
 *
 * @throws OtaError `usage-flag`
 */
export function parseMix(text: string): ReadonlyMap<string, number> {
  const mix = new Map<string, number>();
  for (const item of text.split(',')) {
    const [, release = '', weight = ''] = /^([^=]+)=(\d{1,9})$/.exec(item.trim()) ?? [];
    if (!isVersion(release) && release !== 'none')
      throw bad(`${JSON.stringify(item.trim())} is no part of a fleet`);
    if (mix.has(release)) throw bad(`${release} is there twice`);
    mix.set(release, Number(weight));
  }
  if ([...mix.values()].some((weight) => weight > 0)) return mix;
  throw bad('there are no devices');
}

const bad = (why: string): OtaError =>
  new OtaError('usage-flag', `--mix: ${why}`, {
    hint: 'Write releases and their parts as in 1.0.0=70,1.1.0=25,none=5; none stands for new devices.',
  });
