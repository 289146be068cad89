import { flush, handle, run } from '@oclif/core';
import { errorJson } from '../cli/errors-view.ts';
import { COMMANDS } from './commands.ts';

// oclif looks for commands in a module of their own: here that is this very file, once it is one.
export { COMMANDS };

/** Set when the file is built. */
declare const OTA_VERSION: string;

// What nothing here calls is not there to be called.
for (const name of ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'])
  Reflect.deleteProperty(globalThis, name);

const pjson = {
  name: 'ota-offline',
  version: OTA_VERSION,
  type: 'commonjs',
  oclif: {
    bin: 'ota',
    dirname: 'ota',
    topicSeparator: ' ',
    commands: {
      strategy: 'explicit',
      target: `./${__filename.slice(__dirname.length + 1)}`,
      identifier: 'COMMANDS',
    },
    topics: {
      keys: { description: 'Make, look at and move keys' },
      log: { description: 'What was done with the keys' },
      request: { description: 'What officers are asked to sign, and what they give back' },
    },
  },
};

async function main(): Promise<void> {
  try {
    await run(process.argv.slice(2), {
      root: __dirname,
      pjson: pjson as never,
      ignoreManifest: true,
      isRoot: true,
    } as never);
    await flush();
  } catch (error) {
    // What fails before a command is found has no command to print it.
    if (!process.argv.includes('--json')) await handle(error as never);
    const failure = errorJson(error);
    console.log(JSON.stringify(failure, null, 2));
    process.exitCode = failure.error.exitCode;
  }
}

if (require.main === module) void main();
