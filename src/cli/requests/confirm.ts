import { OtaError } from '../../core/errors.ts';
import { type Prompts, terminalPrompts } from '../prompts.ts';

/**
 * Has the name of what is signed typed: it cannot be done by pressing Enter, nor for another release than the one that is shown.
 *
 * @param given by a flag, where nobody is asked
 * @throws OtaError `confirmation-wrong`, `confirmation-missing` where nobody can be asked, `cancelled`
 */
export async function confirmTitle(
  title: string,
  given: string | undefined,
  prompts: Prompts = terminalPrompts,
): Promise<void> {
  if (given === title) return;
  if (given !== undefined) {
    throw new OtaError('confirmation-wrong', `this is ${title}, not ${given}`, {
      hint: 'Nothing was signed. Read what is shown above, and give its name with --confirm.',
    });
  }
  if (!prompts.interactive) {
    throw new OtaError('confirmation-missing', `somebody has to confirm that ${title} is to be signed`, {
      hint: `Run it on a terminal and type the name, or say --confirm ${JSON.stringify(title)}.`,
    });
  }
  await prompts.text(`To sign, type "${title}"`, '', (answer) =>
    answer === title ? undefined : `Type ${title}, or press Ctrl-C to sign nothing`,
  );
}
