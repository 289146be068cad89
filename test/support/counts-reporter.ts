import type { Reporter, TestModule } from 'vitest/node';
import type { Counts } from './counts.ts';

/** Prints what the tests of faults tried, all together, at the end of a run. */
export class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const all = modules.flatMap((module) => module.meta().counts ?? []);
    if (all.length === 0) return;
    const sum = (of: keyof Counts) =>
      all.reduce((total, counts) => total + counts[of], 0).toLocaleString('en');
    process.stdout.write(
      `     Faults  ${sum('faults')} tried, ${sum('cuts')} of them a cut; ${sum('publishers')} publishers at once; ` +
        `${sum('devices')} updates of a device looked at` +
        `${process.env.OTA_FAULTS === 'all' ? '' : '\n             *** a sample: OTA_FAULTS=all tries every fault at every place ***'}\n`,
    );
  }
}
