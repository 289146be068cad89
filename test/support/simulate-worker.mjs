// A thread of a simulation, from the sources: what vitest does for its own modules it does not do for threads.
import { register } from 'tsx/esm/api';

register();
await import('../../src/simulate/worker.ts');
