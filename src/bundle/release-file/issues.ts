import { z } from 'zod';
import { didYouMean } from './closest.ts';
import type { Path, PlacedFault, YamlDocument } from './document.ts';

type Issue = z.core.$ZodIssue;

/** What the schema found, as faults with their places. `allowed` gives the fields that an object at a path may have. */
export function placeIssues(
  issues: readonly Issue[],
  document: YamlDocument,
  allowed: (path: Path) => readonly string[],
): PlacedFault[] {
  return issues.flatMap((issue) => placeIssue(issue, [], document, allowed));
}

function placeIssue(
  issue: Issue,
  prefix: Path,
  document: YamlDocument,
  allowed: (path: Path) => readonly string[],
): PlacedFault[] {
  const path = [...prefix, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  const label = labelOf(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        offset: document.keyAt([...path, key]),
        message: unknownField(key, path.length === 0 ? '' : ` in ${label}`, allowed(path)),
      }));
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ offset: document.keyAt(path), message }));
    case 'invalid_union': {
      // Of several forms the one meant is the one whose type fits; its own faults say more.
      const inner = issue.errors.find((branch) =>
        branch.every(({ path: [first] }) => first !== undefined || branch[0]?.code === 'unrecognized_keys'),
      );
      if (inner === undefined || inner.length === 0) break;
      return inner.flatMap((nested) => placeIssue(nested, path, document, allowed));
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      const given =
        issue.input === undefined
          ? ''
          : `, not ${JSON.stringify(issue.input)}${didYouMean(String(issue.input), values)}`;
      if (issue.input === undefined) break;
      return [
        { offset: document.valueAt(path), message: `${label} must be one of ${values.join(', ')}${given}` },
      ];
    }
  }
  if (isMissing(issue)) {
    return [{ offset: document.keyAt(path.slice(0, -1)), message: `${label} is missing` }];
  }
  return [
    { offset: document.valueAt(path), message: `${label === '' ? 'the file' : label}: ${issue.message}` },
  ];
}

/** Where an object has several forms, a field of one of them may stand in another. */
const unknownField = (key: string, inLabel: string, allowed: readonly string[]): string =>
  allowed.includes(key)
    ? `field ${JSON.stringify(key)}${inLabel} does not go with its other fields`
    : `unknown field ${JSON.stringify(key)}${inLabel}${didYouMean(key, allowed)}`;

const isMissing = (issue: Issue): boolean =>
  (issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union') &&
  issue.input === undefined &&
  issue.path.length > 0;

export const labelOf = (path: Path): string =>
  path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');

/** The names of the fields of each object of a schema, of all its forms, found by a path in it; `[]` where it has none. */
export function fieldsOf(schema: z.ZodType): (path: Path) => readonly string[] {
  const json = z.toJSONSchema(schema, { io: 'input' });
  return (path) => {
    let nodes: readonly Node[] = forms(json);
    for (const step of path) {
      nodes = nodes.flatMap((node) =>
        forms(node.properties?.[String(step)] ?? node.additionalProperties ?? node.items),
      );
    }
    return [...new Set(nodes.flatMap(({ properties }) => Object.keys(properties ?? {})))];
  };
}

type Node = z.core.JSONSchema.BaseSchema;

/** A schema, or each of those that it is one of. */
const forms = (node: unknown): readonly Node[] => {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return [];
  const { anyOf, oneOf } = node as Node;
  const branches = anyOf ?? oneOf;
  return branches ? branches.flatMap(forms) : [node as Node];
};
