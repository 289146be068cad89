import { Args } from '@oclif/core';
import { OtaCommand } from '../cli/command.ts';
import { type Inspection, inspectFile } from '../cli/inspect.ts';
import { inspectionLines } from '../cli/views/inspect.ts';

export default class Inspect extends OtaCommand<typeof Inspect> {
  static override summary = 'Show what a bundle, delta, public key or metadata file says.';
  static override description =
    'Reads the file as it stands and verifies nothing: that is what ota verify is for. --json gives all of it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota',
    '<%= config.bin %> <%= command.id %> repository/metadata/timestamp.json --json',
  ];
  static override args = {
    file: Args.string({ description: 'the file', required: true }),
  };

  async run(): Promise<Inspection> {
    const found = await inspectFile(this.args.file);
    for (const line of inspectionLines(found)) this.say(line);
    return found;
  }
}
