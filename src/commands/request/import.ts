import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../../cli/command.ts';
import { terminalPrompts } from '../../cli/prompts.ts';
import { readResponses } from '../../cli/requests/read.ts';
import { typeResponse } from '../../cli/requests/type.ts';
import { writeFileAtomic } from '../../files/write.ts';
import { encodeResponse, parseResponse } from '../../requests/response-text.ts';

export interface ImportedResponse {
  readonly path: string;
  readonly request: string;
  readonly keyids: readonly string[];
}

export default class RequestImport extends OtaCommand<typeof RequestImport> {
  static override summary = 'Make a response file of what was scanned from a QR code or is typed by hand.';
  static override description =
    `Takes the text of a code or the lines of a response from a file or from stdin. On a terminal it asks for line after line,
and finds a typo in the line where it is.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> -o ada.response',
    '<%= config.bin %> <%= command.id %> scanned.txt -o ada.response',
  ];
  static override args = {
    text: Args.string({ description: 'file with the text; - or nothing reads stdin', default: '-' }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'the response file, which must not exist',
      helpValue: 'FILE',
      required: true,
    }),
  };

  async run(): Promise<ImportedResponse> {
    const { text } = this.args;
    const response =
      text === '-' && terminalPrompts.interactive
        ? parseResponse(await typeResponse(), 'what was typed')
        : (await readResponses([text]))[0]?.response;
    if (!response) throw new Error('one text is one response');
    const { output } = this.flags;
    await writeFileAtomic(output, encodeResponse(response), { exclusive: true });
    const keyids = [...new Set(response.signatures.map(({ keyid }) => keyid))];
    this.say(
      `Wrote ${output}: ${response.signatures.length} signatures by ${keyids.map((id) => id.slice(0, 16)).join(', ')}`,
    );
    this.say(`  for the request ${response.request}`);
    return { path: output, request: response.request, keyids };
  }
}
