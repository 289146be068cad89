import { describe, expect, it } from 'vitest';
import { generatedPassphrase } from '../../../src/cli/init/generated-passphrase.ts';
import { suggestHardware, suggestProduct } from '../../../src/cli/init/plan.ts';
import { planInit } from '../../../src/cli/init/questions.ts';
import type { Prompts } from '../../../src/cli/prompts.ts';
import { isName } from '../../../src/core/names.ts';
import { rejected } from '../keys/thrown.ts';

/** Answers in turn, as a person types them; an answer that is refused is followed by the next. */
function person(...answers: (string | readonly string[])[]) {
  const asked: string[] = [];
  const refusals: string[] = [];
  const next = () => answers.shift() ?? expect.fail('more was asked than answered');
  const prompts: Prompts = {
    interactive: true,
    password: () => expect.fail('no password was expected'),
    text: async (message, suggestion, check) => {
      asked.push(`${message} (${suggestion})`);
      for (;;) {
        const answer = String(next());
        const refusal = check(answer);
        if (refusal === undefined) return answer;
        refusals.push(refusal);
      }
    },
    choose: async (message, choices) => {
      asked.push(message);
      expect(choices.every(({ checked }) => checked)).toBe(true);
      return [next()].flat();
    },
  };
  return { prompts, asked, refusals };
}

describe('planInit', () => {
  it('takes what is usual where nobody is asked', async () => {
    expect(await planInit('/tmp/Smart Gateway!', {}, undefined)).toEqual({
      product: 'smart-gateway',
      hardware: ['smart-gateway-a1'],
      components: [
        { name: 'u-boot', domain: 'bootloader', file: 'build/u-boot.bin' },
        { name: 'linux', domain: 'os', file: 'build/rootfs.ext4' },
        { name: 'app', domain: 'app', file: 'build/app.bin' },
        { name: 'radio', domain: 'coprocessor', file: 'build/radio.bin' },
      ],
    });
  });

  it('asks a person, again where the answer will not do', async () => {
    const { prompts, asked, refusals } = person('Gate Way', 'gw', 'a1, a1', 'a1, b2', ['linux:os:x.bin']);
    expect(await planInit('/tmp/box', {}, prompts)).toEqual({
      product: 'gw',
      hardware: ['a1', 'b2'],
      components: [{ name: 'linux', domain: 'os', file: 'x.bin' }],
    });
    expect(asked).toHaveLength(3);
    expect(asked[0]).toContain('(box)');
    expect(asked[1]).toContain('(gw-a1)');
    expect(refusals[0]).toContain('"Gate Way" is not a valid name. Use 1 to 63');
    expect(refusals[1]).toContain('given twice');
  });

  it('asks nothing that was given', async () => {
    const given = { product: 'gw', hardware: ['a'], components: ['x:app:C:\\out\\x.bin'] };
    const { components } = await planInit('/tmp/box', given, person().prompts);
    expect(components).toEqual([{ name: 'x', domain: 'app', file: 'C:\\out\\x.bin' }]);
  });

  it.each([
    [{ product: '../x' }, 'name-invalid'],
    [{ product: 'Gateway' }, 'name-invalid'],
    [{ product: 'root' }, 'name-invalid'],
    [{ product: 'con' }, 'name-invalid'],
    [{ hardware: ['a b'] }, 'name-invalid'],
    [{ hardware: ['a', 'a'] }, 'usage-flag'],
    [{ hardware: [] }, 'usage-flag'],
    [{ components: [] }, 'usage-flag'],
    [{ components: ['linux'] }, 'usage-flag'],
    [{ components: ['linux:os'] }, 'usage-flag'],
    [{ components: ['linux:os:'] }, 'usage-flag'],
    [{ components: ['linux:kernel:x'] }, 'usage-flag'],
    [{ components: ['Linux:os:x'] }, 'name-invalid'],
    [{ components: ['a:os:x', 'a:app:y'] }, 'usage-flag'],
  ])('refuses %j before it asks anything', async (given, code) => {
    expect((await rejected(planInit('/tmp/box', given, undefined))).code).toBe(code);
  });
});

it('suggestions are valid names, whatever the folder is called', () => {
  for (const folder of ['/', '/a/Ü', '/x/--', `/x/${'Long Name '.repeat(20)}`, '/x/9']) {
    expect(isName(suggestProduct(folder))).toBe(true);
    expect(isName(suggestHardware('p'.repeat(63)))).toBe(true);
  }
});

it('a generated passphrase has 120 bits in groups', () => {
  expect(generatedPassphrase(new Uint8Array(24))).toBe('0000-0000-0000-0000-0000-0000');
  expect(generatedPassphrase(new Uint8Array(24).map((_, index) => index + 8))).toBe(
    '89ab-cdef-ghjk-mnpq-rstv-wxyz',
  );
});
