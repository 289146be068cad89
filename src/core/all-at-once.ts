import { type Fault, OtaError } from './errors.ts';

/**
 * Makes checks that do not depend on each other, so that all that is wrong is told at once: a single refusal as it is, of several
 * the code of the first, and each with what to do next.
 *
 * @param what names it in the message, as in `gateway 2.0.0`
 * @returns what each check gave
 * @throws OtaError what the checks refuse
 */
export async function allAtOnce<T extends readonly unknown[]>(
  what: string,
  checks: { readonly [K in keyof T]: () => T[K] | Promise<T[K]> },
): Promise<T> {
  const results: unknown[] = [];
  const refusals: OtaError[] = [];
  for (const check of checks) {
    try {
      results.push(await check());
    } catch (error) {
      if (!(error instanceof OtaError)) throw error;
      refusals.push(error);
    }
  }
  const [first, second] = refusals;
  if (!first) return results as unknown as T;
  if (!second) throw first;
  throw new OtaError(first.code, `${what} is refused for ${refusals.length} reasons`, {
    faults: refusals.flatMap((refusal) => faultsOf(refusal, what)),
    hint: 'Correct all of them and run the same command again.',
    cause: first,
  });
}

const faultsOf = ({ code, message, where, hint, faults }: OtaError, what: string): readonly Fault[] => [
  { where: where ?? what, message: `${message} (${code})${hint === undefined ? '' : `. ${hint}`}` },
  ...faults,
];
