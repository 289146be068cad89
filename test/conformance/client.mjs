#!/usr/bin/env node
// What the TUF conformance suite is given as its entrypoint: the sources, without a build, from any folder.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
