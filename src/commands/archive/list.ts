import { archiveFlags, openArchiveOf } from '../../cli/archive-flags.ts';
import { OtaCommand } from '../../cli/command.ts';
import { type ArchiveList as Archived, archiveLines } from '../../cli/views/archive.ts';
import type { Version } from '../../core/names.ts';
import { archivedReleases } from '../../publish/past-releases.ts';
import type { Recall, RecallMark } from '../../repository/recalls.ts';

/** A release may have been recalled before or after it was archived. */
function markOf(version: Version, mark: RecallMark | undefined, recalls: readonly Recall[]) {
  const found = mark ?? recalls.find((recall) => recall.version === version);
  return found ? { recalled: { at: found.at, reason: found.reason } } : {};
}

export default class ArchiveList extends OtaCommand<typeof ArchiveList> {
  static override summary = 'List the releases of a product that are no longer live.';
  static override description =
    `A release is archived when a later one is signed and neither a channel names it nor keep: in ota.yaml keeps it. Devices no
longer find it; its files stay in the store. Works on a repository whose roles have expired.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --store https://updates.example.com/gateway --product gateway --json',
  ];
  static override flags = archiveFlags;

  async run(): Promise<Archived> {
    const past = await openArchiveOf(this.flags);
    const archived = await archivedReleases(past);
    const list: Archived = {
      product: past.product,
      store: past.store.url,
      live: past.live.map(({ version }) => version),
      archived: archived.map(({ version, sequence, archived: at, manifest, recalled, retired }) => ({
        version,
        sequence,
        archived: at,
        manifest: manifest.sha256,
        ...(retired === undefined ? {} : { retired }),
        ...markOf(version, recalled, past.recalls),
      })),
      recalls: past.recalls,
    };
    for (const line of archiveLines(list)) this.say(line);
    return list;
  }
}
