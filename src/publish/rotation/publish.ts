import type { Sealed } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import type { Seconds } from '../../core/time.ts';
import { refuseDemoKey } from '../../keys/demo.ts';
import type { Signer } from '../../keys/signer.ts';
import { metadataKey } from '../../repository/layout.ts';
import type { Metadata, Root, Targets } from '../../repository/model.ts';
import { parseRoot } from '../../repository/parse-root.ts';
import { type Trust, verifyRoots, verifyTrust } from '../../repository/trust.ts';
import { followChain } from '../../requests/chain.ts';
import { type Collected, collect, signedRole } from '../../requests/collect.ts';
import type { SigningRequest } from '../../requests/model.ts';
import type { SigningResponse } from '../../requests/response.ts';
import { reviewRequest } from '../../requests/review.ts';
import type { Store } from '../../storage/store.ts';
import { writeRoles } from '../apply.ts';
import { checkClock } from '../clock.ts';
import type { RolesPlan, RoleVersion, SignedRole } from '../plan.ts';
import { rebasing } from '../rebase.ts';
import { signPlan } from '../sign-plan.ts';
import { checkAtHand, keyring, signWith } from '../signers.ts';
import { overlay } from './overlay.ts';
import { planRotation } from './plan.ts';
import { type Published, readPublished } from './published.ts';
import { readSigned, type SignedRoles } from './signed-roles.ts';
import { type Walk, walkAll } from './walk.ts';

export interface RotationOptions {
  readonly request: SigningRequest;
  readonly responses: readonly { readonly response: SigningResponse; readonly where: string }[];
  /** `undefined` where nothing has been published yet. */
  readonly store: Store | undefined;
  readonly trust: Trust;
  /** Opens what there is of the keys that snapshot, timestamp and channels are signed with from now on, by keyid. */
  readonly open: (keyids: ReadonlySet<string>) => Promise<readonly Signer[]>;
  readonly now: Seconds;
}

export interface RotationReport {
  readonly title: string;
  /** Where it was published; absent where nothing has been published yet, and the trust folder alone changes. */
  readonly store?: string;
  /** False when an earlier run did all of it. */
  readonly changed: boolean;
  readonly roles: readonly RoleVersion[];
  /** The devices that the reference client walked as, before anything was written. */
  readonly walks: readonly Walk[];
}

/** A report, and the roots and targets that the trust folder is to hold from now on. */
export interface Rotated {
  readonly report: RotationReport;
  readonly trust: Trust;
}

/**
 * Publishes a change of keys: only when the thresholds of the root before and of the new one are met, and the reference client
 * follows it from every earlier root. Roots come first, the timestamp last; the same command again completes what was cut off. Where
 * another publisher is faster, it is done on top of that.
 *
 * @throws OtaError `signatures-missing`, `request-stale`, `key-demo`; as `reviewRequest`, `collect`, `readPublished`,
 *   `planRotation`, `walkAll` and `rebasing`
 */
export async function publishRotation(options: RotationOptions): Promise<Rotated> {
  const { request, responses, trust, now } = options;
  const before = followed(request, trust);
  const review = reviewRequest(request, before.sealed.bytes, now);
  const files = completed(request, collect(review, responses));
  const open = openedOnce(options.open);
  return rebasing(async (overtaken) => {
    const rotated = await publishOnce({ ...options, open }, before, review.title, files);
    // Whoever was faster may have found the new root there and published the rest of the change with it.
    const changed = rotated.report.changed || overtaken > 0;
    return { ...rotated, report: { ...rotated.report, changed } };
  });
}

async function publishOnce(
  options: RotationOptions,
  before: Metadata<Root>,
  title: string,
  files: ReadonlyMap<string, Sealed>,
): Promise<Rotated> {
  const { store, trust, open, now } = options;
  const published = store && (await readPublished(store, trust));
  if (store) checkClock(store, undefined, now);
  if (!store || !published?.online) return offline(options, before, title, files);
  const signed = await readSigned(store, published, files);
  const root = signed.root ?? before;
  for (const keyid of root.signed.keys.keys()) refuseDemoKey(keyid, 'the new root');
  const { online } = published;
  const plan = await planRotation({ store, published: { ...published, online }, before, signed, now });
  if (isPublished(published, signed, plan)) return done(published, title, store.url);
  const toSign = [...plan.documents, plan.snapshot, plan.timestamp];
  const ring = keyring(await open(new Set(toSign.flatMap(({ keys }) => keys.keyids))));
  checkAtHand(ring, toSign);
  const roles = await signPlan(plan, signWith(ring));
  const roots = withRoot(published.roots, root);
  const future = overlay(store, objectsOf(roles));
  const walks = await walkAll({ roots, current: before, now, store, future });
  await writeRoles(store, roles, plan.base);
  const targets = signed.roles.get('targets') ?? published.roles.get('targets');
  return {
    report: {
      title,
      store: store.url,
      changed: true,
      roles: roles.map(({ role, version, expires }) => ({ role, version, expires })),
      walks,
    },
    trust: {
      roots: roots.map(({ sealed }) => sealed.bytes),
      targetsBytes: targets?.sealed.bytes ?? trust.targetsBytes,
    },
  };
}

/** Opens keys again only where others are asked for: after another publisher was faster, they are the same. */
function openedOnce(open: RotationOptions['open']): RotationOptions['open'] {
  let opened: { readonly keyids: ReadonlySet<string>; readonly signers: readonly Signer[] } | undefined;
  return async (keyids) => {
    if (!opened || [...keyids].some((keyid) => !opened?.keyids.has(keyid))) {
      opened = { keyids, signers: await open(keyids) };
    }
    return opened.signers;
  };
}

/** Whether all of it is what devices get already: an earlier run did it. */
function isPublished(
  { roles, doubt }: Published,
  signed: SignedRoles,
  { given, documents }: Pick<RolesPlan, 'given' | 'documents'>,
): boolean {
  const same = (name: string, role: Metadata<Targets>) =>
    roles.get(name)?.sealed.sha256 === role.sealed.sha256;
  const written = given.every(({ role }) => signed.roles.has(role));
  return (
    !doubt && documents.length === 0 && written && [...signed.roles].every(([name, role]) => same(name, role))
  );
}

const done = ({ roots, roles }: Published, title: string, store: string): Rotated => ({
  report: { title, store, changed: false, roles: [], walks: [] },
  trust: {
    roots: roots.map(({ sealed }) => sealed.bytes),
    targetsBytes: roles.get('targets')?.sealed.bytes ?? new Uint8Array(),
  },
});

/** Of a repository that has never been published: the trust folder is all that there is to change. */
function offline(
  { trust, now }: RotationOptions,
  before: Metadata<Root>,
  title: string,
  files: ReadonlyMap<string, Sealed>,
): Rotated {
  const root = files.get('root');
  const held = verifyRoots(trust.roots, now);
  const next: Trust = {
    roots: withRoot(held, root ? parseRoot(root.bytes, 'root') : before).map(({ sealed }) => sealed.bytes),
    targetsBytes: files.get('targets')?.bytes ?? trust.targetsBytes,
  };
  const { root: last, targets } = verifyTrust(next, now);
  const version = (role: string, { signed: { version, expires } }: Metadata<Root | Targets>) => ({
    role,
    version,
    expires,
  });
  const roles = [
    ...(root ? [version('root', last)] : []),
    ...(files.has('targets') ? [version('targets', targets)] : []),
  ];
  return { report: { title, changed: true, roles, walks: [] }, trust: next };
}

/** The root that a request follows, from the last one of the trust folder that is in its chain. */
function followed({ chain }: SigningRequest, { roots }: Trust): Metadata<Root> {
  const newest = chain.roots.at(-1);
  const last = newest ? parseRoot(newest, 'the request').signed.version : 0;
  const held = verifyRoots(roots, 0);
  const anchor = held.findLast((root) => root.signed.version <= last) ?? held[0];
  const { root } = followChain(chain, anchor?.sealed.bytes);
  if (!root) throw new Error('a chain that follows a root has one');
  return root;
}

/**
 * The files of a request that has all of its signatures.
 *
 * @throws OtaError `signatures-missing` naming who is missing, `request-invalid` for a request of a release
 */
function completed({ documents }: SigningRequest, collected: Collected): ReadonlyMap<string, Sealed> {
  const faults = collected.documents.flatMap(({ name, quorums }) =>
    quorums.flatMap(({ by, threshold, signed, missing, met }) =>
      met
        ? []
        : [
            {
              where: name,
              message:
                `has ${signed.length} of the ${threshold} signatures that ${by} asks for; any of these keys would do: ` +
                missing.map((keyid) => keyid.slice(0, 16)).join(', '),
            },
          ],
    ),
  );
  if (faults.length > 0) {
    throw new OtaError('signatures-missing', 'the request is not signed by all who have to', {
      faults,
      hint: 'Nothing was written. Give the responses of these officers too, all in one command.',
    });
  }
  return new Map(
    documents.map((document, index) => {
      if (document.type === 'role') {
        return [document.role, signedRole(document, collected.documents[index]?.signatures ?? new Map())];
      }
      throw new OtaError('request-invalid', 'this request is for a release, not for a change of keys', {
        hint: 'Give it to ota publish.',
      });
    }),
  );
}

const withRoot = (roots: readonly Metadata<Root>[], root: Metadata<Root>): readonly Metadata<Root>[] => [
  ...roots.filter(({ signed }) => signed.version < root.signed.version),
  root,
];

const objectsOf = (roles: readonly SignedRole[]): ReadonlyMap<string, Uint8Array> =>
  new Map(roles.map(({ role, version, sealed }) => [metadataKey(role, version), sealed.bytes]));
