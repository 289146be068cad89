// Removes what the build made, so that no file of a module that is gone stays in dist/.
import { rmSync } from 'node:fs';

for (const path of ['../dist', '../oclif.manifest.json']) {
  rmSync(new URL(path, import.meta.url), { recursive: true, force: true });
}
