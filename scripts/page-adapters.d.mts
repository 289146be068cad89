import type { Plugin } from 'esbuild';

export const adapters: Plugin;
