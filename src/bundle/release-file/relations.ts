import { satisfies, valid } from 'semver';
import { didYouMean } from './closest.ts';
import type { Path } from './document.ts';
import type { FixedComponent, ReleaseComponent } from './model.ts';

export interface Relations {
  /** The components that have no faults of their own. */
  readonly components: readonly ReleaseComponent[];
  readonly fixed: readonly FixedComponent[];
  /** The product's hardware. */
  readonly hardware: readonly string[];
  /** Names of all components and interfaces, of those with faults as well. */
  readonly names: ReadonlySet<string>;
}

export interface RelationFault {
  readonly path: Path;
  readonly message: string;
}

type AnyComponent = ReleaseComponent | FixedComponent;

/** What is wrong between components: names that are not there, ranges that are not met, slots shared. */
export function relationFaults(relations: Relations): RelationFault[] {
  const all: readonly AnyComponent[] = [...relations.components, ...relations.fixed];
  return [
    ...relations.components.flatMap((component) => requireFaults(component, all, relations.names)),
    ...all.flatMap((component) => hardwareFaults(component, relations)),
    ...slotFaults(relations.components),
    ...providerFaults(all),
  ];
}

function requireFaults(
  component: ReleaseComponent,
  components: readonly AnyComponent[],
  names: ReadonlySet<string>,
): RelationFault[] {
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

function versionOf(name: string, components: readonly AnyComponent[]): string | undefined {
  for (const component of components) {
    if (component.name === name) return component.version;
    const provided = Object.entries(component.provides).find(([provide]) => provide === name);
    if (provided) return provided[1];
  }
  return undefined;
}

function hardwareFaults(component: AnyComponent, { hardware }: Relations): RelationFault[] {
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

function slotFaults(components: readonly ReleaseComponent[]): RelationFault[] {
  const slots = new Map<string, string>();
  return components.flatMap(({ name, slot }) => {
    const holder = slot && slots.get(slot.name);
    if (slot && holder === undefined) slots.set(slot.name, name);
    if (holder === undefined) return [];
    return [
      {
        path: ['components', name, 'slot', 'name'],
        message: `${name} and ${holder} both go into the slot "${slot?.name}"`,
      },
    ];
  });
}

function providerFaults(components: readonly AnyComponent[]): RelationFault[] {
  const provided = new Map<string, string>(components.map(({ name }) => [name, name]));
  const faults: RelationFault[] = [];
  for (const { name, provides } of components) {
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
