import { type MediaProfile, mediaProfileText, STRICT } from '../repository/media-profile.ts';
import type { Change } from './change.ts';

/** How devices are going to judge media, where that changes: rare, and never to be missed. */
export function mediaProfileChanges(
  name: string,
  before: MediaProfile = STRICT,
  after: MediaProfile = STRICT,
): readonly Change[] {
  const [from, to] = [mediaProfileText(before), mediaProfileText(after)];
  if (from === to) return [];
  return [{ what: 'media-profile', subject: name, from, to, warning: meaning(before, after) }];
}

function meaning(before: MediaProfile, after: MediaProfile): string {
  const what = [
    ...(after.counter > before.counter
      ? ['devices that take a medium made from now on refuse all that were made before']
      : []),
    ...(after.counter < before.counter
      ? ['is lower: devices that took a medium with the higher counter refuse all that are made from now on']
      : []),
    ...(daysOf(after) > daysOf(before) ? ['devices without a network take older media than before'] : []),
    ...(daysOf(after) < daysOf(before) ? ['devices without a network refuse media sooner than before'] : []),
  ];
  return what.join('; ');
}

/** How long media count, as an order: with `strict` as long as a timestamp lives, which is the shortest. */
function daysOf(profile: MediaProfile): number {
  if (profile.expiry === 'strict') return 0;
  return profile.expiry === 'limit' ? profile.days : Number.POSITIVE_INFINITY;
}
