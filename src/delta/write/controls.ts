import type { Steps } from '../match/steps.ts';
import { zigzag } from '../varint.ts';
import { Spool } from './spool.ts';

/** The section of controls: docs/formats/delta.md, "Controls". */
export function controls(steps: Steps, group: number): Spool {
  const spool = new Spool();
  let position = 0;
  for (let first = 0; first < steps.count; first += group) {
    const end = Math.min(steps.count, first + group);
    for (let step = first; step < end; step++) spool.varint(steps.add(step));
    for (let step = first; step < end; step++) spool.varint(steps.insert(step));
    for (let step = first; step < end; step++) {
      const from = steps.add(step) === 0 ? position : steps.oldAt(step);
      spool.varint(zigzag(from - position));
      position = from + steps.add(step);
    }
  }
  return spool;
}
