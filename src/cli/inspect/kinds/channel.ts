import chalk from 'chalk';
import { type Channel, parseChannel } from '../../../repository/channel.ts';
import { stepsText } from '../../views/channel.ts';
import { plainKind } from '../kind.ts';
import { documentOf, hasType } from '../subject.ts';

export const channelKind = plainKind<Channel>({
  kind: 'channel',
  recognises: (subject) => hasType(subject, 'ota-channel'),
  read: async (subject) => parseChannel(documentOf(subject).bytes, subject.path),
  lines: ({ product, channel, release, rollout }) => [
    `${chalk.bold(`Channel ${channel} of ${product}`)} gives ${chalk.bold(release.version)}`,
    `  manifest ${release.manifest.sha256}, ${release.manifest.length} bytes`,
    ...(rollout ? [`  ${stepsText(rollout)}`] : []),
    chalk.dim(`  (the role ${product}.channels signs for it, not this file)`),
  ],
});
