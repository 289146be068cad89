import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskState } from '../../src/device/client/disk-state.ts';
import type { ClientState } from '../../src/device/client/state.ts';

/**
 * A device's own state in `<folder>/state`, and beside it, as the suite looks for them, a copy of each file that the state
 * holds under its plain name.
 */
export function shownState(folder: string): ClientState {
  const state = diskState(join(folder, 'state'));
  return {
    load: (name) => state.load(name),
    commit: async (changes) => {
      await state.commit(changes);
      await mkdir(folder, { recursive: true });
      for (const [name, bytes] of changes) {
        const shown = join(folder, name);
        await (bytes === undefined ? rm(shown, { force: true }) : writeFile(shown, bytes));
      }
    },
  };
}
