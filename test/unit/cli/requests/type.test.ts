import { describe, expect, it } from 'vitest';
import { silentPrompts } from '../../../../src/cli/prompts.ts';
import { typeResponse } from '../../../../src/cli/requests/type.ts';
import { fromUtf8 } from '../../../../src/core/bytes.ts';
import { encodeResponse, parseResponse } from '../../../../src/requests/response-text.ts';

const response = {
  request: 'ab'.repeat(32),
  signatures: [{ keyid: 'cd'.repeat(32), document: 0, sig: new Uint8Array(64).fill(7) }],
};
const lines = fromUtf8(encodeResponse(response)).trimEnd().split('\n').slice(1);

/** Somebody who types, and types again what is refused. */
function typing(...typed: readonly string[]) {
  const left = [...typed];
  const faults: string[] = [];
  return {
    faults,
    prompts: {
      ...silentPrompts,
      interactive: true,
      text: async (_message: string, _suggestion: string, check: (answer: string) => string | undefined) => {
        for (;;) {
          const answer = left.shift() ?? '';
          const fault = check(answer);
          if (fault === undefined) return answer;
          faults.push(fault);
        }
      },
    },
  };
}

describe('typing a response', () => {
  it('takes line after line, with or without its number', async () => {
    const bare = lines.map((line) => line.slice(3).toLowerCase());
    expect(parseResponse(await typeResponse(typing(...lines).prompts))).toEqual(response);
    expect(parseResponse(await typeResponse(typing(...bare).prompts))).toEqual(response);
  });

  it('finds a typo, and a line that comes too early, at once', async () => {
    const [one = '', two = '', ...rest] = lines;
    const typo = one.replace(/.$/, (last) => (last === '7' ? '8' : '7'));
    const somebody = typing(typo, two, one, two, ...rest);
    expect(parseResponse(await typeResponse(somebody.prompts))).toEqual(response);
    expect(somebody.faults).toHaveLength(2);
    expect(somebody.faults[0]).toContain('line 01');
  });
});
