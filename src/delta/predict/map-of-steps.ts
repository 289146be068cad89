import type { Steps } from '../match/steps.ts';
import { MatchMap } from './match-map.ts';

/** The match map of steps that were just matched. */
export function mapOfSteps(steps: Steps): MatchMap {
  const oldAt: number[] = [];
  const add: number[] = [];
  const newAt: number[] = [];
  let at = 0;
  for (let step = 0; step < steps.count; step++) {
    if (steps.add(step) > 0) {
      oldAt.push(steps.oldAt(step));
      add.push(steps.add(step));
      newAt.push(at);
    }
    at += steps.add(step) + steps.insert(step);
  }
  return new MatchMap(Float64Array.from(oldAt), Float64Array.from(add), Float64Array.from(newAt));
}
