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
    ...relations.components.flatMap((component) => requireFaults(component, all, relations)),
    ...all.flatMap((component) => hardwareFaults(component, relations)),
    ...slotFaults(relations.components),
    ...providerFaults(all),
  ];
}

function requireFaults(
  component: ReleaseComponent,
  components: readonly AnyComponent[],
  { names, hardware }: Relations,
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
    const messages = (component.hardware ?? hardware).flatMap((id) => {
      const there = components.filter((other) => isOn(other, id));
      const version = versionOf(name, there);
      if (version === undefined && versionOf(name, components) !== undefined) {
        return [`${component.name} requires ${name}, which nothing on hardware ${id} is or provides`];
      }
      const message = unmetMessage(component.name, name, range, version);
      if (message === undefined) return [];
      return [
        hardware.length > 1 && there.length < components.length ? `${message} on hardware ${id}` : message,
      ];
    });
    return [...new Set(messages)].map((message) => ({ path, message }));
  });
}

/** @param version of what is required; `undefined` where nothing is, or provides, it */
function unmetMessage(
  component: string,
  name: string,
  range: string,
  version: string | undefined,
): string | undefined {
  // Without a version the part that has it may have faults of its own, which are told.
  if (version === undefined) return undefined;
  if (valid(version) === null) {
    return `${component} requires a range of ${name}, whose version ${version} is not a semantic version (such as 2.4.0)`;
  }
  if (satisfies(version, range)) return undefined;
  return `${component} requires ${name} ${range}, but this release has ${version}`;
}

const isOn = ({ hardware }: AnyComponent, id: string): boolean =>
  hardware === undefined || hardware.some((one) => one === id);

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

/** An interface has one provider on each hardware: of two, nobody knows which is meant. */
function providerFaults(components: readonly AnyComponent[]): RelationFault[] {
  const faults: RelationFault[] = [];
  for (const [index, component] of components.entries()) {
    for (const provide of Object.keys(component.provides)) {
      const other = components.find(
        (one, at) =>
          (one.name === provide || (at < index && Object.hasOwn(one.provides, provide))) &&
          overlap(one, component),
      );
      if (other === undefined) continue;
      faults.push({
        path: ['components', component.name, 'provides', provide],
        message: `${component.name} provides "${provide}", which ${other.name} ${other.name === provide ? 'is' : 'provides'} already`,
      });
    }
  }
  return faults;
}

const overlap = (a: AnyComponent, b: AnyComponent): boolean =>
  a.hardware === undefined || b.hardware === undefined || a.hardware.some((id) => isOn(b, id));
