import { ChannelCommand } from '../../cli/channel-command.ts';

export default class ChannelResume extends ChannelCommand {
  static override summary = 'Go on with a rollout that was paused.';
  static override description =
    'The steps that were still to come are as far away as they were when it was paused.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> stable --passphrase-file keys/passphrase.txt',
  ];
  protected readonly change = { kind: 'resume' } as const;
}
