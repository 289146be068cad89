import type { Broken, Deadlock } from './deadlock.ts';
import type { Obstacle } from './obstacle.ts';
import type { Provider, Unmet } from './parts.ts';

/** A requirement that does not hold, in words. */
export function unmetText({ part, version, requires, range, found }: Unmet): string {
  return `${part} ${version} requires ${requires} ${range}, and ${foundText(requires, found)}`;
}

const foundText = (requires: string, found: readonly Provider[]): string =>
  found.length === 0
    ? 'nothing there offers it'
    : found
        .map(({ part, version }) => (part === requires ? `finds ${version}` : `finds ${version} by ${part}`))
        .join(', ');

/** Why a release cannot be installed, in words. */
export function obstacleText(obstacle: Obstacle): string {
  if (obstacle.kind === 'hardware') return 'is not for this hardware';
  if (obstacle.kind === 'counter') {
    return obstacle.lower
      .map(({ component, counter, seen }) => `${component} has counter ${counter}, below ${seen}`)
      .join(', ');
  }
  return `once ${obstacle.installed.join(', ')} is installed, ${obstacle.unmet.map(unmetText).join(', ')}`;
}

/** One fault for each step that cannot be taken, in the form of an error's `faults`. */
export const deadlockFaults = ({ blocked }: Deadlock): readonly { where: string; message: string }[] =>
  blocked.map(({ install, breaks }) => ({
    where: `install ${install.join(' and ')}`,
    message: breaks.map(unmetText).join('; '),
  }));

/** Where it comes to an end, as a clause: `coming from 2.3.0, once u-boot 2025.1.0 is installed`. */
export function deadlockState({ from, state }: Deadlock): string {
  const installed = state.filter((part) => part.installed === 'new');
  if (installed.length === 0) return `coming from ${from}, no component can be the first`;
  const names = installed.map(({ name, version }) => `${name} ${version}`);
  return `coming from ${from}, nothing can follow ${names.join(', ')}`;
}

/** What would resolve it, the cheapest first. */
export function deadlockRemedies({ blocked, group }: Deadlock): readonly string[] {
  const breaks = blocked.flatMap((step) => step.breaks);
  const ours = unique(breaks.filter(({ of }) => of === 'new').map(widerText));
  const theirs = unique(breaks.filter(({ of }) => of === 'old').map(intermediateText));
  return [
    ...(group.length > 1
      ? [`switch ${[...group].sort().join(' and ')} at once: give them the same group`]
      : []),
    ...ours,
    ...theirs,
  ];
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

const widerText = ({ part, requires, range, found }: Broken): string =>
  found.length === 0
    ? `let ${part} do without ${requires} while it is not there yet`
    : `let ${part} accept ${requires} ${found.map(({ version }) => version).join(' and ')} as well as ${range}`;

const intermediateText = ({ part, version, requires, found }: Broken): string =>
  found.length === 0
    ? `publish an intermediate release whose ${part} does not require ${requires}, as ${version} does`
    : `publish an intermediate release whose ${part} accepts ${requires} ${found.map((item) => item.version).join(' and ')}, as ${version} does not`;
