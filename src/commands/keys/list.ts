import { OtaCommand } from '../../cli/command.ts';
import { folderFlag } from '../../cli/keys/flags.ts';
import { type ListedKey, listKeys } from '../../cli/keys/list.ts';
import { loadSettings } from '../../cli/settings.ts';
import { listLines } from '../../cli/views/keys.ts';

export default class KeysList extends OtaCommand<typeof KeysList> {
  static override summary = 'List the keys of ota.yaml and of the keys folder.';
  static override description = 'No key is opened and no secret is asked for.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = { ...folderFlag };

  async run(): Promise<{ readonly keys: readonly ListedKey[] }> {
    const keys = await listKeys((await loadSettings()).keys, this.flags.dir);
    for (const line of listLines(keys)) this.say(line);
    return { keys };
  }
}
