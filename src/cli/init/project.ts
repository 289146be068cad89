import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { utf8 } from '../../core/bytes.ts';
import type { Seconds } from '../../core/time.ts';
import { readSmallFileIfPresent } from '../../files/read.ts';
import { track, untrack } from '../../files/scratch.ts';
import { makeFolder, writeFileAtomic } from '../../files/write.ts';
import { signerFromSeed } from '../../keys/ed25519.ts';
import { describeKey, type KeyDescription } from '../../keys/fingerprint.ts';
import { createKeyFiles } from '../../keys/locker.ts';
import type { LogStamp } from '../../keys/log/entry.ts';
import { createTrust } from '../../repository/genesis.ts';
import { appendLog, logPath } from '../log/append.ts';
import { loggedSigner } from '../log/signer.ts';
import { type CiKind, ciFiles, ciStep } from './ci.ts';
import { inFolder, moveStep, placeAll, refuseExisting, type Step } from './place.ts';
import type { InitPlan } from './plan.ts';
import { extendGitignore, initialReleaseFile, nextCommands } from './release-file.ts';

/** Relative to the project's folder; `ota.yaml` and `.gitignore` name them too. */
const PASSPHRASE_FILE = 'keys/passphrase.txt';
const PLACES = ['ota.yaml', 'keys', 'trust'] as const;

export interface InitOptions {
  readonly folder: string;
  readonly plan: InitPlan;
  /** Of both keys. */
  readonly passphrase: string;
  /** Whether nobody knows the passphrase yet, so that it must be written beside the keys. */
  readonly keepPassphrase: boolean;
  readonly now: Seconds;
  /** Whose workflows it is given; none, where it is left out. */
  readonly ci?: CiKind;
  /** Of the log that begins beside the keys. */
  readonly stamp: LogStamp;
}

interface InitKey extends KeyDescription {
  readonly name: string;
  /** The TUF roles that it signs for. */
  readonly roles: readonly string[];
}

export interface InitResult {
  readonly product: string;
  readonly folder: string;
  /** Relative to the folder. */
  readonly files: readonly string[];
  readonly keys: readonly InitKey[];
  readonly passphraseFile?: string;
  /** The commands to type next, in the folder. */
  readonly next: readonly string[];
}

/** @throws OtaError `output-exists` where the folder has a project already */
export async function refuseExistingProject(folder: string): Promise<void> {
  for (const name of PLACES) await refuseExisting(join(folder, name));
}

/**
 * Makes a project: `ota.yaml`, `.gitignore`, two sealed keys, and the first root and targets. All of it is made aside and
 * moved into place at the end, so that a failure leaves the folder as it was.
 *
 * @throws OtaError `output-exists`, `output-failed`, `disk-full`
 */
export async function createProject(options: InitOptions): Promise<InitResult> {
  const folder = resolve(options.folder);
  await refuseExistingProject(folder);
  return inFolder(folder, async () => {
    const scratch = await mkdtemp(join(folder, '.ota-init-'));
    track(scratch);
    try {
      const { keys, files } = await build(scratch, options);
      const workflows = options.ci === undefined ? [] : await ciFiles(options.ci);
      const steps = [
        moveStep(join(scratch, 'keys'), join(folder, 'keys')),
        moveStep(join(scratch, 'trust'), join(folder, 'trust')),
        await releaseFileStep(folder, options.plan),
        ...workflows.map((file) => ciStep(folder, file)),
      ];
      await placeAll(folder, steps, () => ignoreSecrets(folder));
      const passphraseFile = options.keepPassphrase ? PASSPHRASE_FILE : undefined;
      return {
        product: options.plan.product,
        folder,
        files: ['.gitignore', 'ota.yaml', ...files, ...workflows.map(({ to }) => to)],
        keys,
        ...(passphraseFile === undefined ? {} : { passphraseFile }),
        next: await nextCommands(options.plan.product, passphraseFile),
      };
    } finally {
      await rm(scratch, { recursive: true, force: true });
      untrack(scratch);
    }
  });
}

/** Makes the keys and the trust in the scratch folder. */
async function build(scratch: string, { plan, passphrase, keepPassphrase, now, stamp }: InitOptions) {
  const [keysFolder, trustFolder] = [join(scratch, 'keys'), join(scratch, 'trust')];
  await makeFolder(keysFolder, 0o700);
  await makeFolder(trustFolder);
  const releaseSeed = randomBytes(32);
  // Both are opened by a publish, until the release key is taken off this machine (`ota keys passwd`).
  const release = await createKeyFiles(keysFolder, 'release', releaseSeed, passphrase, 'online');
  const online = await createKeyFiles(keysFolder, 'online', randomBytes(32), passphrase, 'online');
  const log = logPath(keysFolder);
  for (const [name, { keyid }] of [
    ['release', release.publicKey],
    ['online', online.publicKey],
  ] as const) {
    await appendLog(log, { step: 'key-generate', what: name, key: `keys/${name}.key.age`, keyid }, stamp);
  }
  const trust = await createTrust({
    product: plan.product,
    releaseSigner: loggedSigner(signerFromSeed(releaseSeed), 'keys/release.key.age', log, () => stamp),
    onlineKey: online.publicKey,
    now,
  });
  await writeFileAtomic(join(trustFolder, '1.root.json'), trust.root.bytes);
  await writeFileAtomic(join(trustFolder, '1.targets.json'), trust.targets.bytes);
  if (keepPassphrase) {
    await writeFileAtomic(join(scratch, PASSPHRASE_FILE), utf8(`${passphrase}\n`), { mode: 0o600 });
  }
  return {
    keys: [
      {
        name: 'release',
        roles: ['root', 'targets', plan.product],
        ...(await describeKey(release.publicKey)),
      },
      {
        name: 'online',
        roles: [`${plan.product}.channels`, 'snapshot', 'timestamp'],
        ...(await describeKey(online.publicKey)),
      },
    ],
    files: [
      ...['release.key.age', 'release.pub', 'online.key.age', 'online.pub'].map((name) => `keys/${name}`),
      'keys/log.jsonl',
      ...(keepPassphrase ? [PASSPHRASE_FILE] : []),
      'trust/1.root.json',
      'trust/1.targets.json',
    ],
  };
}

async function releaseFileStep(folder: string, plan: InitPlan): Promise<Step> {
  const path = join(folder, 'ota.yaml');
  const content = utf8(await initialReleaseFile(plan));
  return { path, run: () => writeFileAtomic(path, content, { exclusive: true }) };
}

/** Adds to a `.gitignore` what it lacks, or makes one. */
async function ignoreSecrets(folder: string): Promise<void> {
  const path = join(folder, '.gitignore');
  const current = await readSmallFileIfPresent(path);
  const extended = await extendGitignore(current === undefined ? '' : Buffer.from(current).toString());
  if (extended !== undefined) await writeFileAtomic(path, utf8(extended));
}
