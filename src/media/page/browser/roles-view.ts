import { formatTime } from '../../../core/time.ts';
import { grouped } from '../fingerprint.ts';
import type { VerifiedMedium } from '../medium.ts';
import { el, table } from './dom.ts';

/** The signed lists of a medium. Shown only once a fingerprint was typed that fits: nobody is to copy one from here. */
export const rolesView = ({ roles, anchor, products }: VerifiedMedium): readonly HTMLElement[] => [
  el('p', '', `Followed from root ${anchor.version}, whose fingerprint you typed.`),
  table(
    'Signed lists (TUF roles) on the medium',
    ['Role', 'Version', 'Expires', 'SHA-256'],
    roles.map(({ name, version, expires, sha256 }) => [
      name,
      String(version),
      formatTime(expires),
      el('code', 'digest', grouped(sha256)),
    ]),
  ),
  ...products.map(({ product, age: { profile } }) =>
    el('p', '', `${product}: expiry ${profile.expiry}, media counter ${profile.counter}.`),
  ),
];
