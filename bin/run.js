#!/usr/bin/env node
import { flush, handle, run } from '@oclif/core';

try {
  await run(process.argv.slice(2), import.meta.url);
  await flush();
} catch (error) {
  // What fails before a command is found has no command to print it.
  if (!process.argv.includes('--json') || error.oclif?.exit === 0) await handle(error);
  const { errorJson } = await import('../dist/cli/errors-view.js');
  const failure = errorJson(error);
  console.log(JSON.stringify(failure, null, 2));
  process.exitCode = failure.error.exitCode;
}
