import type { z } from 'zod';
import { OtaError } from '../../core/errors.ts';
import { type PlacedFault, readYaml, type YamlDocument } from './document.ts';
import { name as componentName } from './fields.ts';
import { fieldsOf, placeIssues } from './issues.ts';
import type { FixedComponent, ReleaseComponent, ReleaseFile } from './model.ts';
import { relationFaults } from './relations.ts';
import { componentSchema, releaseFileSchema } from './schema.ts';

/**
 * Reads a release file (`docs/formats/release-file.md`). Every fault is reported at once, each with its line and column, in
 * the order of the text.
 *
 * @param path what the text was read from, for messages
 * @throws OtaError `release-file-invalid` with `faults`; `input-too-large`
 */
export function parseReleaseFile(text: string, path: string): ReleaseFile {
  const document = readYaml(text, path);
  if (!document.readable) return refuse(document, document.faults, path);
  const result = releaseFileSchema.safeParse(document.value, { reportInput: true });
  const { components, fixed } = readableComponents(document.value);
  const faults = [
    ...document.faults,
    ...placeIssues(
      [...(result.error?.issues ?? []), ...hiddenIssues(document.value, result.error)],
      document,
      fieldsOf(releaseFileSchema),
    ),
    ...relationFaults({
      components,
      fixed,
      hardware: hardwareOf(document.value),
      names: namesOf(document.value),
    }).map((fault) => ({ offset: document.keyAt(fault.path), message: fault.message })),
  ];
  if (faults.length > 0 || !result.success) return refuse(document, faults, path);
  const { components: _, ...rest } = result.data;
  return { ...rest, components, fixed };
}

function refuse(document: YamlDocument, faults: readonly PlacedFault[], path: string): never {
  const sorted = [...faults].sort((a, b) => a.offset - b.offset);
  const count = sorted.length === 1 ? 'a fault' : `${sorted.length} faults`;
  throw new OtaError('release-file-invalid', `${path} has ${count}`, {
    where: path,
    hint: `Correct ${path} and run the same command again; docs/formats/release-file.md names every field.`,
    faults: sorted.map(({ offset, message }) => ({ where: document.place(offset), message })),
  });
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldOf = (value: unknown, name: string): unknown =>
  isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
const entriesOf = (value: unknown): [string, unknown][] => (isFields(value) ? Object.entries(value) : []);

/** Components that are right by themselves, whatever else is wrong, so that what is between them is checked too. */
function readableComponents(value: unknown): {
  readonly components: readonly ReleaseComponent[];
  readonly fixed: readonly FixedComponent[];
} {
  const components: ReleaseComponent[] = [];
  const fixed: FixedComponent[] = [];
  for (const [key, raw] of entriesOf(fieldOf(value, 'components'))) {
    const name = componentName.safeParse(key);
    const read = componentSchema.safeParse(raw);
    if (!name.success || !read.success) continue;
    const { updateable, ...fields } = read.data;
    if ('reason' in fields) fixed.push({ name: name.data, ...fields });
    else components.push({ name: name.data, ...fields });
  }
  return { components, fixed };
}

function namesOf(value: unknown): ReadonlySet<string> {
  const components = entriesOf(fieldOf(value, 'components'));
  const provided = components.flatMap(([, raw]) => Object.keys(fieldOf(raw, 'provides') ?? {}));
  return new Set([...components.map(([name]) => name), ...provided]);
}

function hardwareOf(value: unknown): readonly string[] {
  const hardware = fieldOf(value, 'hardware');
  return Array.isArray(hardware) ? hardware.map(String) : [];
}

/** The schema does not look at a component whose name is wrong. */
function hiddenIssues(value: unknown, error: z.ZodError | undefined): z.core.$ZodIssue[] {
  return (error?.issues ?? []).flatMap(({ code, path }) => {
    const name = path[1];
    if (code !== 'invalid_key' || path.length !== 2 || typeof name !== 'string') return [];
    const inner = componentSchema.safeParse(fieldOf(fieldOf(value, 'components'), name), {
      reportInput: true,
    });
    return (inner.error?.issues ?? []).map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  });
}
