import { expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { parseTargets } from '../../src/repository/parse-targets.ts';
import { refusal } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

it('refuses a number of a million digits without reading it as a number', async () => {
  const forge = await Forge.make();
  const text = new TextDecoder().decode(forge.bytes('targets'));
  const long = utf8(text.replace('"version":1,"expires"', `"version":${'9'.repeat(1_000_000)},"expires"`));
  const start = performance.now();
  const error = await refusal(() => parseTargets(long, 'targets.json'));
  expect(performance.now() - start).toBeLessThan(1000);
  expect(error).toMatchObject({ code: 'role-json', exitCode: 4 });
  expect(error.message).toContain('16 digits');
});

it('reads one of 16', async () => {
  const forge = await Forge.make();
  const bytes = await forge.set('targets', ['version'], 2 ** 53 - 1).write('targets');
  expect(parseTargets(bytes, 'targets.json').signed.version).toBe(9_007_199_254_740_991);
});
