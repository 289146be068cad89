import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../cli/command.ts';
import { type Inspection, inspectPath } from '../cli/inspect/inspect.ts';
import { heldTrust } from '../cli/inspect/trust.ts';
import { loadSettings } from '../cli/settings.ts';
import { EXIT } from '../core/errors.ts';

type Inspected = Inspection['found'] & {
  readonly error?: { readonly code: string; readonly message: string; readonly exitCode: number };
};

export default class Inspect extends OtaCommand<typeof Inspect> {
  static override summary = 'Show what any file of ota is and says, and who signed it.';
  static override description = [
    'Knows bundles, manifests, signatures, every role of the metadata, channels, deltas, public and ' +
      'private keys, ota.yaml, and the folders of a repository, a trust and a device. For what is signed ' +
      'it shows who has signed, who is missing of those that count, and when it expires. The keys that ' +
      "count are those of the file's delegator in the same folder, else of the trust folder.",
    'Nothing is verified: that is what ota verify is for. --verify checks the signatures of the one ' +
      'file against those keys, and exits with 4 when they are not enough. --json gives all that the file ' +
      'says.',
  ].join('\n\n');
  static override examples = [
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota',
    '<%= config.bin %> <%= command.id %> repository/metadata/timestamp.json --json',
    '<%= config.bin %> <%= command.id %> 2.root.json --verify',
    '<%= config.bin %> <%= command.id %> repository',
  ];
  static override args = {
    file: Args.string({ description: 'the file or folder', required: true }),
  };
  static override flags = {
    trust: Flags.string({
      description:
        'trust folder whose keys count; default: trust: in ota.yaml, else trust, where it is there',
      helpValue: 'DIR',
    }),
    verify: Flags.boolean({ description: 'check the signatures of this file against the keys that count' }),
  };

  async run(): Promise<Inspected> {
    const { trust, verify } = this.flags;
    const { found, lines, met } = await inspectPath(this.args.file, {
      now: this.now(),
      verify,
      trust: heldTrust(trust, async () => (await loadSettings()).trust),
    });
    for (const line of lines) this.say(line);
    if (!verify || met) return found;
    process.exitCode = EXIT.verification;
    const message =
      met === undefined
        ? `${found.path} carries no signatures`
        : `${found.path} does not have enough valid signatures of keys that are known to count here`;
    this.note(message);
    return { error: { code: 'threshold-unmet', message, exitCode: EXIT.verification }, ...found };
  }
}
