import { isResponseLine, responseOfLines } from '../../requests/response-text.ts';
import { type Prompts, terminalPrompts } from '../prompts.ts';

/**
 * Has a response typed line by line; a line with a typo is asked for again at once.
 *
 * @returns what was typed, with the title: a response once it is parsed
 * @throws OtaError `cancelled`
 */
export async function typeResponse(prompts: Prompts = terminalPrompts): Promise<Uint8Array> {
  const lines: string[] = [];
  for (;;) {
    const number = lines.length + 1;
    const name = String(number).padStart(2, '0');
    const typed = await prompts.text(`Line ${name} (empty when there are no more)`, '', (answer) =>
      answer.trim() === '' || isResponseLine(withNumber(answer, name), number)
        ? undefined
        : `There is a typo in it: compare line ${name} character by character`,
    );
    if (typed.trim() === '') return responseOfLines(lines);
    lines.push(withNumber(typed, name));
  }
}

/** The number of a line may be left out: the question has it. */
const withNumber = (typed: string, name: string): string =>
  typed.trim().startsWith(`${name} `) ? typed : `${name} ${typed}`;
