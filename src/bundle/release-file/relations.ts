import { satisfies, valid } from 'semver';
import { installOrder } from '../order.ts';
import { didYouMean } from './closest.ts';
import type { Path } from './document.ts';
import type { ReleaseComponent } from './model.ts';

export interface Relations {
  /** The components that have no faults of their own. */
  readonly components: readonly ReleaseComponent[];
  /** The product's hardware. */
  readonly hardware: readonly string[];
  /** Names of all components and interfaces, of those with faults as well. */
  readonly names: ReadonlySet<string>;
}

export interface RelationFault {
  readonly path: Path;
  readonly message: string;
}

/** What is wrong between components: names that are not there, ranges that are not met, slots shared, cycles. */
export function relationFaults(relations: Relations): RelationFault[] {
  return [
    ...relations.components.flatMap((component) => requireFaults(component, relations)),
    ...relations.components.flatMap((component) => hardwareFaults(component, relations)),
    ...sharedFaults(relations.components),
    ...cycleFaults(relations.components),
  ];
}

function requireFaults(component: ReleaseComponent, { components, names }: Relations): RelationFault[] {
  return Object.entries(component.requires).flatMap(([name, range]) => {
    const path = ['components', component.name, 'requires', name];
    if (!names.has(name)) {
      return [
        {
          path,
          message: `${component.name} requires ${JSON.stringify(name)}, which no component of this release is or provides${didYouMean(name, names)}`,
        },
      ];
    }
    const version = versionOf(name, components);
    if (version === undefined) return [];
    if (valid(version) === null) {
      return [
        {
          path,
          message: `${component.name} requires a range of ${name}, whose version ${version} is not a semantic version (such as 2.4.0)`,
        },
      ];
    }
    if (satisfies(version, range)) return [];
    return [
      { path, message: `${component.name} requires ${name} ${range}, but this release has ${version}` },
    ];
  });
}

function versionOf(name: string, components: readonly ReleaseComponent[]): string | undefined {
  for (const component of components) {
    if (component.name === name) return component.version;
    const provided = Object.entries(component.provides).find(([provide]) => provide === name);
    if (provided) return provided[1];
  }
  return undefined;
}

function hardwareFaults(component: ReleaseComponent, { hardware }: Relations): RelationFault[] {
  return (component.hardware ?? []).flatMap((id, index) =>
    hardware.includes(id)
      ? []
      : [
          {
            path: ['components', component.name, 'hardware', index],
            message: `${component.name} is for hardware ${JSON.stringify(id)}, which this release does not name${didYouMean(id, hardware)}`,
          },
        ],
  );
}

function sharedFaults(components: readonly ReleaseComponent[]): RelationFault[] {
  const slots = new Map<string, string>();
  const provided = new Map<string, string>(components.map(({ name }) => [name, name]));
  const faults: RelationFault[] = [];
  for (const { name, slot, provides } of components) {
    const holder = slot && slots.get(slot.name);
    if (holder !== undefined) {
      faults.push({
        path: ['components', name, 'slot', 'name'],
        message: `${name} and ${holder} both go into the slot "${slot?.name}"`,
      });
    } else if (slot) slots.set(slot.name, name);
    for (const provide of Object.keys(provides)) {
      const other = provided.get(provide);
      if (other !== undefined) {
        faults.push({
          path: ['components', name, 'provides', provide],
          message: `${name} provides "${provide}", which ${other} ${other === provide ? 'is' : 'provides'} already`,
        });
      } else provided.set(provide, name);
    }
  }
  return faults;
}

function cycleFaults(components: readonly ReleaseComponent[]): RelationFault[] {
  const result = installOrder(components);
  if ('order' in result) return [];
  return [
    {
      path: ['components', result.cycle[0] ?? '', 'requires'],
      message: `no order to install in: ${result.cycle.join(' requires ')}`,
    },
  ];
}
