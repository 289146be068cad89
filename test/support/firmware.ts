import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';

/** Real microcontroller firmware, in two versions, from npm. */
export function hubFirmware(which: 'old' | 'new', hub = 'primehub'): Uint8Array {
  const path = fileURLToPath(
    new URL(`../../node_modules/firmware-${which}/build/${hub}.zip`, import.meta.url),
  );
  const bytes = unzipSync(readFileSync(path))['firmware-base.bin'];
  if (!bytes) throw new Error(`${path} holds no firmware`);
  return bytes;
}
