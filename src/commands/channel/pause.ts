import { ChannelCommand } from '../../cli/channel-command.ts';

export default class ChannelPause extends ChannelCommand {
  static override summary = 'Stop a rollout where it is: no further device is given the release.';
  static override description =
    'Devices that have the release keep it; the others are given the one before it, until the rollout is resumed or another release is promoted.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> stable --passphrase-file keys/passphrase.txt',
  ];
  protected readonly change = { kind: 'pause' } as const;
}
