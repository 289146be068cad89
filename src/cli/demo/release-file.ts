import type { DemoComponent, DemoVersion } from './images.ts';

export const PRODUCT = 'gateway';
export const HARDWARE = 'gw-a1';

/** The `ota.yaml` of one of the demo's releases. */
export function demoReleaseFile(version: DemoVersion, components: readonly DemoComponent[]): string {
  const lines = components.flatMap((component) => [
    `  ${component.name}:`,
    `    domain: ${component.domain}`,
    `    file: ${component.file}   # ${component.origin}`,
    `    version: "${component.version[version]}"`,
    `    counter: ${version === '1.0.0' ? 1 : 2}`,
  ]);
  return [
    `product: ${PRODUCT}`,
    `version: ${version}`,
    `hardware: [${HARDWARE}]`,
    'keys: [../keys/release.key.age, ../keys/online.key.age]',
    'trust: ../trust',
    'store: ../repository',
    'components:',
    ...lines,
    '',
  ].join('\n');
}
