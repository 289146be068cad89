import { z } from 'zod';
import { OtaError } from '../../core/errors.ts';
import { isName, isVersion, type Name, type Version } from '../../core/names.ts';
import { parseSize } from '../../core/sizes.ts';
import { DAY } from '../../core/time.ts';
import { parseSignerUri } from '../../keys/signers/uri.ts';
import { isRange } from '../range.ts';

/** A name or version in quotes is text whatever it looks like; bare, YAML 1.2 reads `2.4` as a number. */
const text = (what: string) =>
  z.string({
    error: (issue) =>
      typeof issue.input === 'number' ? `must be text: write ${what} in quotes` : `must be text: ${what}`,
  });

export const name = text('a name')
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    error: (issue) =>
      `${JSON.stringify(issue.input)} is not a name: use 1 to 63 of a-z, 0-9 and "-", starting with a letter or digit`,
  })
  .transform((value, context) => (isName(value) ? value : refuse(context, 'is not a name')))
  .pipe(z.custom<Name>());

const VERSION_HINT = 'use 1 to 64 of 0-9, A-Z, a-z, "." and "-", starting with a digit, such as 2.4.0';
export const version = text('a version')
  .regex(/^[0-9][0-9A-Za-z.-]{0,63}$/, {
    error: (issue) => `${JSON.stringify(issue.input)} is not a version: ${VERSION_HINT}`,
  })
  .transform((value, context) =>
    isVersion(value)
      ? value
      : refuse(context, `${JSON.stringify(value)} is not a version: ".." and a final "." are not allowed`),
  )
  .pipe(z.custom<Version>());

export const range = text('a range').refine(isRange, {
  error: (issue) => `${JSON.stringify(issue.input)} is not a range of semantic versions, such as ">=3 <4"`,
});

export const path = text('a path')
  .min(1, 'must not be empty')
  .refine((value) => !value.includes('\0'), 'must not hold a zero byte');

/** A key, as `--key` takes it; what is wrong with a URI is said with its place. */
export const key = text('a path or a URI')
  .min(1, 'must not be empty')
  .superRefine((value, context) => {
    try {
      parseSignerUri(value);
    } catch (error) {
      if (!(error instanceof OtaError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });

export const whole = (minimum: number) =>
  z
    .int({ error: `must be a whole number from ${minimum}` })
    .min(minimum, { error: `must be a whole number from ${minimum}` });

export const size = z
  .union([z.string(), z.int()], { error: 'must be a size, such as 64 KiB' })
  .transform((value, context) => {
    try {
      const bytes = parseSize(String(value));
      if (bytes > 0) return bytes;
    } catch {
      // Said below, with the place.
    }
    return refuse(
      context,
      `${JSON.stringify(value)} is not a size: write a whole number of B, KiB, MiB, GiB, kB, MB or GB, such as 64 KiB`,
    );
  });

export const list = <T extends z.ZodType>(item: T) =>
  z.array(item, { error: 'must be a list, such as [a, b]' });

function refuse(context: z.core.$RefinementCtx, message: string): never {
  context.issues.push({ code: 'custom', message, input: context.value });
  return z.NEVER;
}

/** Days, in seconds. */
export const days = z
  .string({ error: 'must be days, as in 730d' })
  .regex(/^[1-9]\d{0,4}d$/, 'must be days, as in 730d')
  .transform((text) => Number.parseInt(text, 10) * DAY);
