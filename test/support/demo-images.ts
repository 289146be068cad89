import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hubFirmware } from './firmware.ts';

/** Puts two releases of small real images where `ota demo --images` finds them: a demo of seconds. */
export async function writeDemoImages(folder: string): Promise<void> {
  for (const [version, which] of [
    ['1.0.0', 'old'],
    ['1.1.0', 'new'],
  ] as const) {
    await mkdir(join(folder, version), { recursive: true });
    await writeFile(join(folder, version, 'app'), hubFirmware(which, 'technichub'));
    await writeFile(join(folder, version, 'motor.bin'), hubFirmware(which));
  }
}
