import type { Target } from '../loop.ts';
import { BINARY_TARGETS } from './binary.ts';
import { CEREMONY_TARGETS } from './ceremony.ts';
import { CONTAINER_TARGETS } from './containers.ts';
import { TEXT_TARGETS } from './text.ts';

/** Every reader of bytes from outside; each has a folder of its name in `corpus`. */
export const TARGETS: readonly Target[] = [
  ...TEXT_TARGETS,
  ...CEREMONY_TARGETS,
  ...BINARY_TARGETS,
  ...CONTAINER_TARGETS,
];
