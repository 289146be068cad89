import chalk from 'chalk';
import { OtaError } from '../../core/errors.ts';

/** Modules of light around the code (ISO/IEC 18004, section 5.3.8). */
const QUIET = 4;
/** As many as are read from a screen with ease: version 25. */
const MAX_MODULES = 117;

/**
 * A text as a QR code for a terminal, two modules a character: dark on light where colours can be shown, else for light letters on
 * a dark ground.
 *
 * @param text of digits, capitals, spaces and `$%*+-./:`, which take least room
 * @throws OtaError `response-invalid` for what is too long to be read from a screen
 */
export async function qrLines(text: string): Promise<readonly string[]> {
  const { encodeQR } = await import('qr');
  const modules = encodeAsModules(encodeQR, text);
  const dark = (row: number, column: number) => modules[row]?.[column] ?? false;
  const colours = chalk.level > 0;
  const lines: string[] = [];
  for (let row = 0; row < modules.length; row += 2) {
    const line = modules
      .map((_, column) => block(dark(row, column) === colours, dark(row + 1, column) === colours))
      .join('');
    lines.push(colours ? chalk.black.bgWhite(line) : line);
  }
  return lines;
}

const block = (upper: boolean, lower: boolean): string => (upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ');

function encodeAsModules(
  encode: (
    text: string,
    output: 'raw',
    options: { ecc: 'low'; encoding: 'alphanumeric'; border: number },
  ) => boolean[][],
  text: string,
): boolean[][] {
  try {
    const modules = encode(text, 'raw', { ecc: 'low', encoding: 'alphanumeric', border: QUIET });
    if (modules.length <= MAX_MODULES + 2 * QUIET) return modules;
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
  }
  throw new OtaError(
    'response-invalid',
    `a response of ${text.length} characters makes too large a QR code`,
    {
      hint: 'Carry the response as a file, or sign with one key at a time.',
    },
  );
}
