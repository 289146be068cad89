import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { OtaError } from '../../core/errors.ts';

/** A fault with the offset that it is at, so that faults of several kinds can be told in the order of the text. */
export interface PlacedFault {
  readonly offset: number;
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** A YAML text as plain values, with the place of each. */
export interface YamlDocument {
  readonly value: unknown;
  readonly faults: readonly PlacedFault[];
  /** False where the text is so wrong that its values mean nothing. */
  readonly readable: boolean;
  /** Offset of the value at a path, or of the nearest value around it. */
  valueAt(path: Path): number;
  /** Offset of the key of a field, or of the nearest value around it. */
  keyAt(path: Path): number;
  /** `line:column`, both from 1. */
  place(offset: number): string;
}

const MAX_LENGTH = 1 << 20;

/**
 * Reads YAML 1.2 (core schema). Aliases are refused, so that a small text cannot grow into a large one; so are duplicate
 * keys, keys that are not text, and tags that are not of the schema.
 *
 * @throws OtaError `input-too-large` past a million characters
 */
export function readYaml(text: string, path: string): YamlDocument {
  if (text.length > MAX_LENGTH) {
    throw new OtaError('input-too-large', `${path} has more than ${MAX_LENGTH} characters`, { where: path });
  }
  const lines = new LineCounter();
  const document = compose(text, lines);
  const syntax = [...document.errors, ...document.warnings];
  const readable = document.errors.every((error) => error.code === 'DUPLICATE_KEY');
  const faults = [
    ...syntax.map((error) => ({ offset: error.pos[0], message: syntaxFault(document, error) })),
    ...(readable ? structureFaults(document) : []),
  ];
  const aliased = readable && faults.some((fault) => fault.message === ALIAS);
  return {
    value: readable && !aliased ? document.toJS({ maxAliasCount: 0 }) : undefined,
    faults,
    readable: readable && !aliased,
    valueAt: (at) => offsetOf(nearest(document, at)),
    keyAt: (at) => keyOffset(document, at) ?? offsetOf(nearest(document, at)),
    place: (offset) => {
      const { line, col } = lines.linePos(offset);
      return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
    },
  };
}

function compose(text: string, lineCounter: LineCounter): Document.Parsed {
  const options = { version: '1.2', strict: true, uniqueKeys: true, prettyErrors: false } as const;
  try {
    return parseDocument(text, { ...options, lineCounter });
  } catch (cause) {
    // The parser recurses once for each level of nesting.
    if (!(cause instanceof RangeError)) throw cause;
    return parseDocument(`"nested too deeply`, { ...options, lineCounter });
  }
}

const ALIAS = 'an alias (*) is not allowed here: write the value out';

function structureFaults(document: Document.Parsed): PlacedFault[] {
  const faults: PlacedFault[] = [];
  visit(document, {
    Alias: (_, node) => {
      faults.push({ offset: offsetOf(node), message: ALIAS });
    },
    Pair: (_, { key }) => {
      const known = isScalar(key) && typeof key.value === 'string' && key.value !== '__proto__';
      if (known || isAlias(key)) return;
      faults.push({
        offset: offsetOf(key),
        message: 'not a field name: it must be text (write it in quotes), and not "__proto__"',
      });
    },
  });
  return faults;
}

function syntaxFault(document: Document.Parsed, { code, message, pos }: YAMLError): string {
  return code === 'DUPLICATE_KEY' ? `${nameOfKey(document, pos[0])} is there twice` : sentence(message);
}

function nameOfKey(document: Document.Parsed, offset: number): string {
  let name: unknown;
  visit(document, {
    Pair: (_, { key }) => {
      if (!isScalar(key) || offsetOf(key) !== offset) return undefined;
      name = key.value;
      return visit.BREAK;
    },
  });
  return name === undefined ? 'one key' : JSON.stringify(String(name));
}

const sentence = (message: string): string => `${message.charAt(0).toLowerCase()}${message.slice(1)}`;

const offsetOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0);

function nearest(document: Document.Parsed, path: Path): Node | null {
  let node: unknown = document.contents;
  for (const step of path) {
    const next: unknown = isCollection(node) ? node.get(step, true) : undefined;
    if (!isNode(next)) break;
    node = next;
  }
  return isNode(node) ? node : null;
}

function keyOffset(document: Document.Parsed, path: Path): number | undefined {
  const parent = nearest(document, path.slice(0, -1));
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(
    (item) => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1),
  );
  return pair === undefined ? undefined : offsetOf(pair.key);
}
