import type { Seconds } from '../../core/time.ts';
import type { Subject } from './subject.ts';
import type { HeldTrust } from './trust.ts';

export interface Context {
  readonly now: Seconds;
  /** Whether signatures are to be checked. */
  readonly verify: boolean;
  /** The trust folder that was named or is at hand; `undefined` where there is none. */
  readonly trust: () => Promise<HeldTrust | undefined>;
}

export interface Inspected {
  /** Everything that it says, as `--json` gives it; `kind` and `path` are added. */
  readonly found: object;
  /** The same for a person. What a file says may be anything: it passes `printable` first. */
  readonly lines: readonly string[];
  /** With `--verify`: whether enough valid signatures of keys that count are there; absent for what carries none. */
  readonly met?: boolean | undefined;
}

/** One kind of file or folder that `ota inspect` knows. A new one is a file in `kinds/` and a line in `registry.ts`. */
export interface Kind {
  /** In `--json`. */
  readonly kind: string;
  /** Whether a subject is of this kind, by its form and not by its name where that can be helped. */
  readonly recognises: (subject: Subject) => boolean;
  /** @throws OtaError for one that is damaged */
  readonly inspect: (subject: Subject, context: Context) => Promise<Inspected>;
}

/** A kind that carries no signatures: what it says, and how that is shown. */
export const plainKind = <T extends object>(parts: {
  readonly kind: string;
  readonly recognises: Kind['recognises'];
  readonly read: (subject: Subject) => Promise<T>;
  readonly lines: (found: T) => readonly string[];
}): Kind => ({
  kind: parts.kind,
  recognises: parts.recognises,
  inspect: async (subject) => {
    const found = await parts.read(subject);
    return { found, lines: parts.lines(found) };
  },
});
