import process from 'node:process';
import type { TestProject } from 'vitest/node';
import { type Ceph, startCeph, whyNoCeph } from '../support/ceph.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `null` where Ceph cannot run: tests that need it are skipped. */
    ceph: Ceph | null;
  }
}

/** Starts Ceph for all integration tests, or says in one line why they are skipped. `OTA_REQUIRE_CEPH=1` makes that a failure. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const reason = whyNoCeph();
  if (reason !== undefined) {
    project.provide('ceph', null);
    if (process.env.OTA_REQUIRE_CEPH === '1') throw new Error(`OTA_REQUIRE_CEPH=1, but ${reason}`);
    process.stderr.write(`\n*** SKIPPED: all tests against Ceph: ${reason}\n\n`);
    return undefined;
  }
  const { stop, ...ceph } = await startCeph();
  project.provide('ceph', ceph);
  return stop;
}
