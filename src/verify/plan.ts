import { OtaError } from '../core/errors.ts';
import { isName, isVersion, type Name, type Version } from '../core/names.ts';
import {
  archivePath,
  channelPath,
  manifestPath,
  recallsPath,
  signaturesPath,
  targetKey,
} from '../repository/layout.ts';
import { type FoundTarget, findTarget, type Target } from '../repository/lookup.ts';
import type { Findings } from './findings.ts';
import type { TargetsRole, VerifiedRoles } from './roles.ts';

/** An object that a target names: to be read whole, whatever is in it. */
export interface ObjectJob {
  readonly key: string;
  readonly target: FoundTarget;
}

/** One that means something to this tool, which lists all that it publishes by SHA-256. */
export interface DocumentJob extends ObjectJob {
  readonly target: Target;
}

/** A release that a product's role lists. */
export interface ReleaseJob {
  readonly product: Name;
  readonly version: Version;
  readonly role: TargetsRole;
  readonly manifest: DocumentJob;
  /** Absent where the role lists none. */
  readonly signatures: DocumentJob | undefined;
  /** Every path of its folder that the role lists. */
  readonly paths: readonly string[];
}

export interface ChannelJob {
  readonly product: Name;
  readonly channel: Name;
  readonly document: DocumentJob;
}

/** The list of a product's releases that were recalled. */
export interface RecallsJob {
  readonly product: Name;
  readonly document: DocumentJob;
}

/** The list of a product's releases that its role lists no more. */
export interface ArchiveJob {
  readonly product: Name;
  readonly index: DocumentJob;
}

/** What there is to read, each object once. */
export interface Plan {
  readonly releases: readonly ReleaseJob[];
  readonly channels: readonly ChannelJob[];
  readonly archives: readonly ArchiveJob[];
  readonly recalls: readonly RecallsJob[];
  /** All others: payloads, extras, deltas, and what is not in this tool's layout. */
  readonly objects: readonly ObjectJob[];
  /** All of it, each once. */
  readonly all: readonly ObjectJob[];
}

/** Works out what the roles name, and that a client finds it: no I/O. */
export async function planReading(
  { targets }: VerifiedRoles,
  consistent: boolean,
  findings: Findings,
): Promise<Plan> {
  const jobs = new Map<string, ObjectJob>();
  const byPath = new Map<string, DocumentJob>();
  for (const role of targets.values()) {
    const { signed } = role.metadata;
    for (const [path, file] of [...signed.targets, ...(signed.sha512Targets ?? [])]) {
      if (!(await isFound(path, role, targets, findings))) continue;
      await findings.attempt(path, () => {
        const hash = consistent ? (file.sha256 ?? file.sha512) : undefined;
        const key = targetKey(path, hash);
        const job: ObjectJob = { key, target: { path, ...file, role: role.role } };
        if (!jobs.has(key)) jobs.set(key, job);
        if (isDocument(job)) byPath.set(path, job);
      });
    }
  }
  const releases = [...targets.values()].flatMap((role) => releasesOf(role, byPath));
  const channels = [...byPath.values()].flatMap((job) => channelOf(job));
  const archives = [...targets.values()].flatMap((role) => archiveOf(role, byPath));
  const recalls = [...targets.values()].flatMap((role) => recallsOf(role, byPath));
  const documents = new Set<ObjectJob | undefined>([
    ...releases.flatMap(({ manifest, signatures }) => [manifest, signatures]),
    ...channels.map(({ document }) => document),
    ...archives.map(({ index }) => index),
    ...recalls.map(({ document }) => document),
  ]);
  const all = [...jobs.values()];
  return { releases, channels, archives, recalls, objects: all.filter((job) => !documents.has(job)), all };
}

const isDocument = (job: ObjectJob): job is DocumentJob => job.target.sha256 !== undefined;

/** Whether a client that looks for the path comes to this role: what others list before it, it never sees. */
async function isFound(
  path: string,
  role: TargetsRole,
  targets: VerifiedRoles['targets'],
  findings: Findings,
): Promise<boolean> {
  try {
    const found = await findTarget(path, async (name) => {
      const loaded = targets.get(name)?.metadata;
      if (loaded) return loaded;
      throw new OtaError('role-missing', name);
    });
    if (found) return found.role === role.role;
  } catch (error) {
    // A role on the way was refused, which is written down already.
    if (error instanceof OtaError && error.code === 'role-missing') return true;
    throw error;
  }
  findings.add(
    'target-undelegated',
    path,
    `${role.role} lists ${path}, which nobody delegates to it: no device finds it`,
    'Have it listed by the role that the path is delegated to.',
  );
  return false;
}

/** The releases in this tool's layout that a role lists: those of the product that it is named after. */
function releasesOf(role: TargetsRole, byPath: ReadonlyMap<string, DocumentJob>): readonly ReleaseJob[] {
  const product = role.role;
  if (role.delegator !== 'targets' || !isName(product)) return [];
  const folders = new Map<string, string[]>();
  for (const path of role.metadata.signed.targets.keys()) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    const paths = folders.get(folder);
    if (paths) paths.push(path);
    else folders.set(folder, [path]);
  }
  return [...folders].flatMap(([folder, paths]) => {
    const version = folder.slice(product.length + 1);
    if (!isVersion(version)) return [];
    const manifest = byPath.get(manifestPath(product, version));
    if (!manifest || folder !== `${product}/${version}`) return [];
    const signatures = byPath.get(signaturesPath(product, version));
    return [{ product, version, role, manifest, signatures, paths }];
  });
}

function archiveOf(
  { role, delegator }: TargetsRole,
  byPath: ReadonlyMap<string, DocumentJob>,
): readonly ArchiveJob[] {
  if (delegator !== 'targets' || !isName(role)) return [];
  const index = byPath.get(archivePath(role));
  return index ? [{ product: role, index }] : [];
}

function recallsOf(
  { delegator: product }: TargetsRole,
  byPath: ReadonlyMap<string, DocumentJob>,
): readonly RecallsJob[] {
  if (!isName(product) || product === 'root' || product === 'targets') return [];
  const document = byPath.get(recallsPath(product));
  return document ? [{ product, document }] : [];
}

function channelOf(document: DocumentJob): readonly ChannelJob[] {
  const [product = '', folder, file = ''] = document.target.path.split('/');
  const channel = file.replace(/\.json$/, '');
  if (folder !== 'channels' || !isName(product) || !isName(channel)) return [];
  return channelPath(product, channel) === document.target.path ? [{ product, channel, document }] : [];
}
