import { join } from 'node:path';
import { it } from 'vitest';
import { directoryStore } from '../../src/storage/directory.ts';
import { raceOfTwenty } from '../support/race.ts';
import { faultScenario } from '../support/scenario.ts';

const scenario = await faultScenario();

// On S3: test/integration/faults.test.ts.
it('twenty processes publish to a directory at once: every release is there, and versions rise by one', async () => {
  const home = join(scenario.folder, 'store');
  const store = directoryStore(home);
  await scenario.publish('1.0.0', store);
  await raceOfTwenty(scenario, store, { store: home });
});
