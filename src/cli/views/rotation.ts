import chalk from 'chalk';
import type { RotationReport } from '../../publish/rotation/publish.ts';

export interface RotationView extends RotationReport {
  readonly trustFolder: string;
  /** The files that are new in it. */
  readonly trustFiles: readonly string[];
}

/** A change of keys that was carried out, for a person. */
export const rotationLines = ({
  title,
  store,
  changed,
  roles,
  walks,
  trustFolder,
  trustFiles,
}: RotationView): string[] => [
  ...(changed
    ? [
        headLine(title, store),
        `  roles: ${roles.map(({ role, version }) => `${role} ${version}`).join(', ')}`,
      ]
    : [`${title} is published already at ${store}; nothing to do.`]),
  ...(walks.length === 0 ? [] : [`  followed by the reference client ${walkedFrom(walks)}`]),
  ...(trustFiles.length === 0
    ? []
    : [`  new in ${trustFolder}: ${trustFiles.join(', ')} (keep them under version control)`]),
];

const headLine = (title: string, store: string | undefined): string =>
  store === undefined
    ? `${chalk.green('Took')} ${chalk.bold(title)} into the trust folder; nothing has been published yet, so the first ota publish writes it`
    : `${chalk.green('Published')} ${chalk.bold(title)} to ${store}`;

function walkedFrom(walks: RotationReport['walks']): string {
  const asleep = walks.filter(({ upToDate }) => !upToDate).map(({ root }) => root);
  const upToDate = walks.some((item) => item.upToDate) ? ', and as a device that was up to date' : '';
  return `from root ${asleep.join(', ')}${upToDate}`;
}
