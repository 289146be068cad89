import { ChannelCommand } from '../../cli/channel-command.ts';

export default class ChannelRemove extends ChannelCommand {
  static override summary =
    'Take a channel away: devices on it stay at what they have, and say that their channel is gone.';
  static override description =
    'No release is removed. One that only this channel named is archived when the next release is published.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> beta --passphrase-file keys/passphrase.txt',
  ];
  protected readonly change = { kind: 'remove' } as const;
}
