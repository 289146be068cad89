import { isCodecName } from '../core/delta-formats.ts';
import { type Digest, isSha256 } from '../core/digest.ts';
import { isEtag } from '../core/etag.ts';
import { Cursor } from '../core/json/cursor.ts';
import { parseJson } from '../core/json/parse.ts';
import { DOMAINS, isName, isVersion, type Name } from '../core/names.ts';
import { EXTRA_NAME_FORM, isExtraName } from './extra-name.ts';
import { ARCHITECTURES } from './lint/architecture.ts';
import { MANIFEST_TYPE, type Manifest, type ManifestComponent, type ManifestExtra } from './manifest.ts';
import { isRange } from './range.ts';
import type { DeltaPolicy, FixedComponent, Slot } from './release-file/model.ts';

const FIELDS = ['_type', 'format', 'product', 'version', 'hardware', 'components', 'fixed', 'extras'];
const COMPONENT_FIELDS = [
  'name',
  'domain',
  'version',
  'counter',
  'image',
  'payload',
  'provides',
  'requires',
  'slot',
  'delta',
  'hardware',
  'group',
  'reboot',
  'architecture',
];
const FIXED_FIELDS = ['name', 'domain', 'version', 'provides', 'hardware', 'reason'];
const NAME_FORM = 'a name of a-z, 0-9 and "-"';
const CODEC_FORM = 'the name of an encoder, such as zlib-1.2';
const ETAG_FORM = 'an MD5 in lower-case hex, followed by "-" and a number where it is of parts';
const VERSION_FORM = 'a version such as 2.4.0';

/**
 * Reads a manifest (`docs/formats/bundle.md`). It is a document of ours, so that a field not known is refused: what an officer
 * signs is what this program understood.
 *
 * @throws OtaError `json-invalid`, `shape-invalid`
 */
export function parseManifest(bytes: Uint8Array, where = 'manifest.json'): Manifest {
  const root = new Cursor(parseJson(bytes, where), where).only(FIELDS);
  root.field('_type').oneOf([MANIFEST_TYPE]);
  root.field('format').integer(1, 1);
  const hardware = names(root.field('hardware'));
  const components = root
    .field('components')
    .array(1000)
    .map((item) => component(item, hardware));
  if (components.length === 0) root.field('components').fail('must name at least one component');
  const fixed = root
    .field('fixed')
    .array(1000)
    .map((item) => fixedComponent(item, hardware));
  sorted(
    root.field('fixed'),
    fixed.map(({ name }) => name),
  );
  unique(
    root.field('components'),
    [...components, ...fixed].map(({ name }) => name),
  );
  adjacent(
    root.field('components'),
    components.map(({ group }) => group),
  );
  unique(
    root.field('components'),
    components.flatMap(({ slot }) => (slot ? [slot.name] : [])),
    'slot',
  );
  return {
    product: name(root.field('product')),
    version: root.field('version').match(isVersion, VERSION_FORM),
    hardware,
    components,
    fixed,
    extras: extras(root.field('extras')),
  };
}

function component(item: Cursor, allHardware: readonly Name[]): ManifestComponent {
  item.only(COMPONENT_FIELDS);
  const image = digest(item.field('image').only(['length', 'sha256']));
  const shipped = item.field('payload').only(['length', 'sha256', 'compression', 'etag']);
  const compression = shipped.field('compression').oneOf(['none', 'zstd']);
  const etag = shipped.optional('etag')?.match((text): text is string => isEtag(text), ETAG_FORM);
  const payload = { ...digest(shipped), compression, ...(etag === undefined ? {} : { etag }) };
  if (compression === 'none' && (payload.sha256 !== image.sha256 || payload.length !== image.length)) {
    shipped.fail('is not compressed, and yet not the image');
  }
  const slot = item.optional('slot');
  const group = item.optional('group');
  const architecture = item.optional('architecture')?.oneOf(ARCHITECTURES);
  const result: ManifestComponent = {
    name: name(item.field('name')),
    domain: item.field('domain').oneOf(DOMAINS),
    version: item.field('version').match(isVersion, VERSION_FORM),
    counter: item.field('counter').integer(),
    image,
    payload,
    provides: record(item.field('provides'), (value) => value.match(isVersion, VERSION_FORM)),
    requires: record(item.field('requires'), (value) => value.match(isRange, 'a range of semantic versions')),
    delta: deltaPolicy(item.field('delta')),
    ...(slot === undefined ? {} : { slot: readSlot(slot) }),
    ...someHardware(item, allHardware),
    ...(group === undefined ? {} : { group: name(group) }),
    reboot: item.field('reboot').boolean(),
    ...(architecture === undefined ? {} : { architecture }),
  };
  if (result.slot && image.length > result.slot.size) slot?.fail('is smaller than the image');
  return result;
}

function fixedComponent(item: Cursor, allHardware: readonly Name[]): FixedComponent {
  item.only(FIXED_FIELDS);
  const reason = item.field('reason');
  if (reason.string() === '' || reason.string().length > 1000) reason.fail('must be 1 to 1000 characters');
  return {
    name: name(item.field('name')),
    domain: item.field('domain').oneOf(DOMAINS),
    version: item.field('version').match(isVersion, VERSION_FORM),
    provides: record(item.field('provides'), (value) => value.match(isVersion, VERSION_FORM)),
    ...someHardware(item, allHardware),
    reason: reason.string(),
  };
}

function someHardware(item: Cursor, all: readonly Name[]): { readonly hardware?: readonly Name[] } {
  const field = item.optional('hardware');
  if (field === undefined) return {};
  const hardware = names(field);
  if (hardware.some((id) => !all.includes(id))) field.fail('names hardware that the release is not for');
  return { hardware };
}

const name = (cursor: Cursor): Name => cursor.match(isName, NAME_FORM);

function digest(cursor: Cursor, minimum = 1): Digest {
  return {
    length: cursor.field('length').integer(minimum),
    sha256: cursor
      .field('sha256')
      .match((text): text is string => isSha256(text), 'a SHA-256 in lower-case hex'),
  };
}

function names(cursor: Cursor): readonly Name[] {
  const list = cursor.array(1000).map(name);
  if (list.length === 0) cursor.fail('must not be empty');
  sorted(cursor, list);
  return list;
}

function extras(cursor: Cursor): readonly ManifestExtra[] {
  const list = cursor.array(1000).map((item) => ({
    name: item
      .only(['name', 'length', 'sha256'])
      .field('name')
      .match((text): text is string => isExtraName(text), EXTRA_NAME_FORM),
    ...digest(item, 0),
  }));
  sorted(
    cursor,
    list.map((extra) => extra.name),
  );
  return list;
}

function record<T>(cursor: Cursor, read: (value: Cursor) => T): Record<Name, T> {
  return Object.fromEntries(
    cursor.entries(1000).map(([key, value]) => {
      if (!isName(key)) return value.fail(`stands under a name that is not ${NAME_FORM}`);
      return [key, read(value)];
    }),
  ) as Record<Name, T>;
}

function readSlot(cursor: Cursor): Slot {
  cursor.only(['name', 'size']);
  return { name: name(cursor.field('name')), size: cursor.field('size').integer(1) };
}

function deltaPolicy(cursor: Cursor): DeltaPolicy {
  if (cursor.value === false) return false;
  cursor.only(['memory', 'formats', 'unpack']);
  const memory = cursor.optional('memory')?.integer(1);
  // A format that is not known here is one that this device does not read.
  const formats = cursor.optional('formats')?.array(16).map(name);
  if (formats?.length === 0) cursor.field('formats').fail('must name at least one format');
  const unpack = cursor.optional('unpack');
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(formats === undefined ? {} : { formats }),
    ...(unpack === undefined ? {} : { unpack: codecs(unpack) }),
  };
}

function codecs(cursor: Cursor): false | readonly string[] {
  if (cursor.value === false) return false;
  // One that is not known here is one that this maker does not pack by.
  const list = cursor.array(32).map((item) => {
    const text = item.string();
    return isCodecName(text) ? text : item.fail(`must be ${CODEC_FORM}`);
  });
  return list.length > 0 ? list : cursor.fail('must name at least one encoder, or be false');
}

function sorted(cursor: Cursor, list: readonly string[]): void {
  if (list.some((item, index) => index > 0 && (list[index - 1] ?? '') >= item)) {
    cursor.fail('must be sorted, and name nothing twice');
  }
}

/** The components of a group are one step, so nothing may stand between them. */
function adjacent(cursor: Cursor, groups: readonly (Name | undefined)[]): void {
  const ended = new Set<Name>();
  for (const [index, group] of groups.entries()) {
    const before = groups[index - 1];
    if (before !== undefined && before !== group) ended.add(before);
    if (group !== undefined && ended.has(group))
      cursor.fail(`has other components between those of the group ${group}`);
  }
}

function unique(cursor: Cursor, list: readonly string[], what = 'name'): void {
  if (new Set(list).size < list.length) cursor.fail(`has one ${what} twice`);
}
