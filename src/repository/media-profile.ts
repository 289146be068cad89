import type { Cursor } from '../core/json/cursor.ts';
import type { JsonObject } from '../core/json/value.ts';

/** How devices that are updated from media judge the age of what is on them. */
export const MEDIA_EXPIRIES = ['strict', 'limit', 'advice'] as const;

/** What a product's role says of media (docs/formats/repository.md): signed by the release keys, read by devices. */
export type MediaProfile = MediaAge & {
  /** 0 to 2^53-1. A device never takes a medium with a lower one than it has accepted. */
  readonly counter: number;
};

export type MediaAge =
  /** Every role by its `expires`, as on the network. */
  | { readonly expiry: 'strict' }
  /** A medium counts for `days` from when it was made. */
  | { readonly expiry: 'limit'; readonly days: number }
  /** Nothing is refused for its age; it is told. */
  | { readonly expiry: 'advice' };

/** The field of a product's role that holds its profile; other TUF clients leave it alone (TUF 1.0.34, section 4.2). */
export const MEDIA_FIELD = 'x-ota-media';

/** A hundred years. */
export const MAX_MEDIA_DAYS = 36_500;

/** What holds where a role says nothing. */
export const STRICT: MediaProfile = { expiry: 'strict', counter: 0 };

export const mediaProfileObject = ({ counter, ...age }: MediaProfile): JsonObject => ({
  ...age,
  ...(counter === 0 ? {} : { counter }),
});

/** Reads the field, which has no names but ours. @throws OtaError `shape-invalid` */
export function mediaProfileOf(at: Cursor): MediaProfile {
  const expiry = at.field('expiry').oneOf(MEDIA_EXPIRIES);
  at.only(['expiry', 'counter', ...(expiry === 'limit' ? ['days'] : [])]);
  const counter = at.optional('counter')?.integer() ?? 0;
  return expiry === 'limit'
    ? { expiry, days: at.field('days').integer(1, MAX_MEDIA_DAYS), counter }
    : { expiry, counter };
}

/** A profile in words, for whoever signs or reads it. */
export function mediaProfileText(profile: MediaProfile): string {
  const counter = profile.counter === 0 ? '' : `, no medium below counter ${profile.counter}`;
  return `${ageText(profile)}${counter}`;
}

function ageText(age: MediaAge): string {
  if (age.expiry === 'limit') return `media count for ${age.days} days from when they were made`;
  return age.expiry === 'advice'
    ? 'media are never refused for their age'
    : 'media expire with the first role on them';
}
