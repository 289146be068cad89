import type { Name } from '../../src/core/names.ts';
import { noise, patched, type TestComponent, type TestRelease } from './release.ts';

export const GATEWAY_VERSIONS = ['1.0.0', '1.1.0', '2.0.0', '2.1.0'] as const;
export type GatewayVersion = (typeof GATEWAY_VERSIONS)[number];

type Relations = Readonly<Record<string, string>>;

/** What a component asks for and offers in each release; its image changes where its version does. */
interface Part {
  readonly domain: TestComponent['domain'];
  readonly version: Readonly<Record<GatewayVersion, string>>;
  readonly requires?: Readonly<Partial<Record<GatewayVersion, Relations>>>;
  readonly provides?: Readonly<Partial<Record<GatewayVersion, Relations>>>;
  readonly group?: Readonly<Partial<Record<GatewayVersion, string>>>;
  readonly reboot?: true;
}

/**
 * A gateway of six components over four domains, with constraints as they are in practice: a kernel needs the bootloader that
 * verifies it, modules and device tree are those of their kernel, Linux and the RTOS speak one version of rpmsg, which changes with 2.0.0 so that
 * both are switched at once; a radio's firmware needs a minimum driver, and the application a minimum radio. A new bootloader or kernel
 * has to run before what comes after it is installed.
 */
const PARTS: Readonly<Record<string, Part>> = {
  boot: {
    domain: 'bootloader',
    version: { '1.0.0': '1.0.0', '1.1.0': '1.0.0', '2.0.0': '2.0.0', '2.1.0': '2.0.0' },
    reboot: true,
  },
  kernel: {
    domain: 'os',
    version: { '1.0.0': '5.15.1', '1.1.0': '5.15.9', '2.0.0': '6.1.4', '2.1.0': '6.1.9' },
    requires: { '2.0.0': { boot: '>=2' }, '2.1.0': { boot: '>=2' } },
    provides: {
      '1.0.0': { 'radio-driver': '1.0.0', rpmsg: '1.0.0' },
      '1.1.0': { 'radio-driver': '1.2.0', rpmsg: '1.0.0' },
      '2.0.0': { 'radio-driver': '2.0.0', rpmsg: '2.0.0' },
      '2.1.0': { 'radio-driver': '2.1.0', rpmsg: '2.0.0' },
    },
    group: { '1.1.0': 'system', '2.0.0': 'system', '2.1.0': 'system' },
    reboot: true,
  },
  modules: {
    domain: 'os',
    version: { '1.0.0': '5.15.1', '1.1.0': '5.15.9', '2.0.0': '6.1.4', '2.1.0': '6.1.9' },
    requires: {
      '1.0.0': { kernel: '5.15.1' },
      '1.1.0': { kernel: '5.15.9' },
      '2.0.0': { kernel: '6.1.4' },
      '2.1.0': { kernel: '6.1.9' },
    },
    group: { '1.1.0': 'system', '2.0.0': 'system', '2.1.0': 'system' },
  },
  rtos: {
    domain: 'coprocessor',
    version: { '1.0.0': '10.4.0', '1.1.0': '10.4.1', '2.0.0': '11.0.0', '2.1.0': '11.0.1' },
    requires: {
      '1.0.0': { rpmsg: '^1' },
      '1.1.0': { rpmsg: '^1' },
      '2.0.0': { rpmsg: '^2' },
      '2.1.0': { rpmsg: '^2' },
    },
    group: { '2.0.0': 'system' },
  },
  radio: {
    domain: 'coprocessor',
    version: { '1.0.0': '3.0.0', '1.1.0': '3.1.0', '2.0.0': '4.0.0', '2.1.0': '4.0.0' },
    requires: {
      '1.1.0': { 'radio-driver': '>=1.2' },
      '2.0.0': { 'radio-driver': '>=2' },
      '2.1.0': { 'radio-driver': '>=2' },
    },
  },
  app: {
    domain: 'app',
    version: { '1.0.0': '1.0.0', '1.1.0': '1.1.0', '2.0.0': '2.0.0', '2.1.0': '2.1.0' },
    requires: { '1.1.0': { radio: '>=3.1' }, '2.0.0': { radio: '>=4' }, '2.1.0': { radio: '>=4' } },
  },
};

const SIZES: Readonly<Record<string, number>> = {
  boot: 300,
  kernel: 1500,
  modules: 900,
  rtos: 600,
  radio: 700,
  app: 1100,
};

/** Images that have the same bytes wherever a component has the same version. */
export const gatewayImages = (release: GatewayVersion): ReadonlyMap<string, Buffer> =>
  new Map(
    Object.entries(PARTS)
      .map(([name, { version }], index): [string, Buffer] => [
        name,
        Buffer.from(patched(noise(index + 1, SIZES[name] ?? 500), hash(version[release]))),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const hash = (text: string): number =>
  [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 251, 7);

/** A release of the gateway, as its release file would say it. */
export function gatewayRelease(release: GatewayVersion): TestRelease {
  const images = gatewayImages(release);
  return {
    version: release,
    components: Object.fromEntries(
      Object.entries(PARTS).map(([name, part]): [string, TestComponent] => {
        const group = part.group?.[release];
        return [
          name,
          {
            image: images.get(name) ?? Buffer.alloc(0),
            domain: part.domain ?? 'app',
            version: part.version[release] as never,
            requires: (part.requires?.[release] ?? {}) as never,
            provides: (part.provides?.[release] ?? {}) as never,
            reboot: part.reboot ?? false,
            ...(group === undefined ? {} : { group: group as Name }),
          },
        ];
      }),
    ),
  };
}
