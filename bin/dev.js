#!/usr/bin/env -S node --import tsx
// Runs the TypeScript sources directly. The transpiling of oclif itself falls back to a stale dist/ without a word, so it is off.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execute, settings } from '@oclif/core';

settings.enableAutoTranspile = false;
const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
pjson.oclif.commands = './src/commands';
await execute({
  development: true,
  dir: import.meta.url,
  loadOptions: { root, pjson, ignoreManifest: true },
});
