import type { ObjectHeaders } from './store.ts';

/** For an object that is written once: caches may keep it for a year and never ask again. */
export const immutable = (contentType: string): ObjectHeaders => ({
  contentType,
  cacheControl: 'public, max-age=31536000, immutable',
});

/** For an object that is replaced, such as `timestamp.json`: caches ask each time whether it is still the same. */
export const revalidated = (contentType: string): ObjectHeaders => ({
  contentType,
  cacheControl: 'no-cache',
});
