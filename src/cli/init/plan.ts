import { basename, resolve } from 'node:path';
import { OtaError } from '../../core/errors.ts';
import { DOMAINS, type Domain, isName, type Name, parseName } from '../../core/names.ts';
import { productRole } from '../../repository/names.ts';

export interface PlannedComponent {
  readonly name: Name;
  readonly domain: Domain;
  /** Path of the image, relative to the release file. */
  readonly file: string;
}

/** What a new project is to be. */
export interface InitPlan {
  readonly product: Name;
  readonly hardware: readonly Name[];
  readonly components: readonly PlannedComponent[];
}

/** What each domain usually has, as `--component` would say it. */
export const USUAL_COMPONENTS: Readonly<Record<Domain, string>> = {
  bootloader: 'u-boot:bootloader:build/u-boot.bin',
  os: 'linux:os:build/rootfs.ext4',
  app: 'app:app:build/app.bin',
  coprocessor: 'radio:coprocessor:build/radio.bin',
};

/** @throws OtaError `name-invalid` */
export function parseProduct(text: string): Name {
  const product = parseName(text, 'the product');
  productRole(product);
  return product;
}

/** @throws OtaError `name-invalid`, `usage-flag` for none or one named twice */
export function parseHardware(ids: readonly string[]): readonly Name[] {
  const hardware = ids.map((id) => parseName(id.trim(), 'the hardware id'));
  if (hardware.length === 0) throw new OtaError('usage-flag', 'a product needs at least one hardware id');
  refuseTwice(hardware, 'hardware id');
  return hardware;
}

/** Reads `name:domain:file` specifications. @throws OtaError `name-invalid`, `usage-flag` */
export function parseComponents(specs: readonly string[]): readonly PlannedComponent[] {
  const components = specs.map(parseComponent);
  if (components.length === 0) throw new OtaError('usage-flag', 'a product needs at least one component');
  refuseTwice(
    components.map(({ name }) => name),
    'component',
  );
  return components;
}

function parseComponent(spec: string): PlannedComponent {
  // A path may hold a colon of its own.
  const [, name = '', word = '', file = ''] = /^([^:]*):([^:]*):(.+)$/.exec(spec) ?? [];
  const domain = DOMAINS.find((known) => known === word);
  if (file !== '' && domain !== undefined) return { name: parseName(name, 'the component'), domain, file };
  throw new OtaError('usage-flag', `${JSON.stringify(spec)} does not describe a component`, {
    hint: `Write NAME:DOMAIN:FILE, such as ${USUAL_COMPONENTS.os}. Domains are ${DOMAINS.join(', ')}.`,
  });
}

function refuseTwice(names: readonly string[], what: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new OtaError('usage-flag', `the ${what} ${twice} is given twice`);
}

/** A name for the product, from that of its folder. */
export function suggestProduct(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return isName(name) ? name : 'product';
}

export const suggestHardware = (product: string): string => `${product.slice(0, 60)}-a1`;
