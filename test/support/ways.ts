import type { TestRelease } from './release.ts';
import { noise, patched } from './release.ts';

const BOOT = noise(1, 400);
const LINUX = noise(2, 900);

/** Linux of 1 does not start under a bootloader of 3; that of 2 does, and that of 3 needs it. */
export const LINUX_REQUIRES: Readonly<Record<string, string>> = { '1': '<3', '2': '*', '3': '>=3' };

export const imagesOfVersion = (version: string) => ({
  boot: patched(BOOT, Number(version[0])),
  linux: patched(LINUX, Number(version[0])),
});

/** Releases of which 3.0.0 and 3.0.1, with the same images, can be installed over 2.0.0, and over 1.0.0 only by way of that. */
export function wayRelease(
  version: '1.0.0' | '2.0.0' | '3.0.0' | '3.0.1',
  more: Partial<TestRelease> = {},
): TestRelease {
  const { boot, linux } = imagesOfVersion(version);
  const requires = { boot: LINUX_REQUIRES[version.slice(0, 1)] };
  return {
    version,
    components: {
      boot: { image: boot, domain: 'bootloader', counter: 5 },
      linux: { image: linux, domain: 'os', counter: 3, requires: requires as never },
    },
    ...more,
  };
}
