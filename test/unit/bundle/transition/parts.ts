import type { Part } from '../../../../src/bundle/transition/parts.ts';
import { type States, statesOf, type Unit } from '../../../../src/bundle/transition/transition.ts';
import type { Stop } from '../../../../src/bundle/transition/way.ts';
import type { Name, Version } from '../../../../src/core/names.ts';

export const part = (
  name: string,
  version: string,
  requires: Readonly<Record<string, string>> = {},
  provides: Readonly<Record<string, string>> = {},
): Part => ({
  name: name as Name,
  version: version as Version,
  requires: requires as Part['requires'],
  provides: provides as Part['provides'],
});

export const unitsOf = (...groups: readonly (readonly string[])[]): readonly Unit[] =>
  groups.map((names) => ({ names: names as readonly Name[] }));

export const states = (old: readonly Part[], fresh: readonly Part[], units: readonly Unit[]): States =>
  statesOf({ from: '1.0.0', old, new: fresh }, units);

/** A release of one hardware, its components in the order of installing, all of counter 1. */
export const stop = (
  label: string,
  components: readonly Part[],
  hardware: readonly string[] = ['gw'],
): Stop => ({
  label,
  parts: {
    hardware: hardware as readonly Name[],
    fixed: [],
    components: components.map((component) => ({ counter: 1, ...component })),
  },
});
