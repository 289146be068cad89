import { Args } from '@oclif/core';
import { archiveFlags, openArchiveOf } from '../../cli/archive-flags.ts';
import { OtaCommand } from '../../cli/command.ts';
import { pastReleaseLine, type VerifiedPastRelease } from '../../cli/views/archive.ts';
import { type Fault, OtaError } from '../../core/errors.ts';
import { parseVersion } from '../../core/names.ts';
import {
  archivedReleases,
  findPastRelease,
  type PastRelease,
  type PastReleases,
  readWhole,
  verifyPastRelease,
} from '../../publish/past-releases.ts';

export default class ArchiveVerify extends OtaCommand<typeof ArchiveVerify> {
  static override summary =
    'Check archived releases by their own signatures: every payload and extra is read.';
  static override description =
    `Without versions, all that are archived. Release keys that have been replaced since count for the releases of their
time: the store keeps every root and every targets role.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 1.0.0 --store s3://updates/gateway --json',
  ];
  static override args = {
    version: Args.string({ description: 'one release, live or archived' }),
  };
  static override flags = archiveFlags;

  async run(): Promise<{ readonly product: string; readonly releases: readonly VerifiedPastRelease[] }> {
    const past = await openArchiveOf(this.flags);
    const { version } = this.args;
    const chosen =
      version === undefined
        ? await archivedReleases(past)
        : [await findPastRelease(past, parseVersion(version, 'the version'))];
    const releases: VerifiedPastRelease[] = [];
    const faults: Fault[] = [];
    for (const release of chosen) {
      try {
        releases.push(await this.#verify(past, release));
      } catch (error) {
        if (!(error instanceof OtaError)) throw error;
        if (chosen.length === 1) throw error;
        faults.push({ where: `${past.product} ${release.version}`, message: error.message });
      }
    }
    this.say(`${releases.length} of ${chosen.length} releases are genuine and whole`);
    if (faults.length === 0) return { product: past.product, releases };
    throw new OtaError('digest-mismatch', `${faults.length} of ${chosen.length} releases do not verify`, {
      faults,
      hint: 'Put the damaged files back from a backup; "ota archive verify VERSION" says which they are.',
    });
  }

  async #verify(past: PastReleases, release: PastRelease): Promise<VerifiedPastRelease> {
    const verified = await verifyPastRelease(past, release, this.progress);
    const bytes = await readWhole(verified);
    const { signed, targets } = verified;
    const result = { version: release.version, manifest: release.manifest.sha256, signed, targets, bytes };
    this.say(pastReleaseLine(past.product, result));
    return result;
  }
}
