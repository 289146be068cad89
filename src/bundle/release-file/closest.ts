import { distance } from 'fastest-levenshtein';

/** `; did you mean "x"?` where one of the candidates is near enough to be a slip of the hand, else nothing. */
export function didYouMean(text: string, candidates: Iterable<string>): string {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(text.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(text.toLowerCase(), candidate.toLowerCase());
    if (edits < least) {
      best = candidate;
      least = edits;
    }
  }
  return best === undefined ? '' : `; did you mean ${JSON.stringify(best)}?`;
}
