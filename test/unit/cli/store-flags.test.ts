import { describe, expect, it } from 'vitest';
import { requiredStore, storeOptions } from '../../../src/cli/store-flags.ts';
import { thrown } from '../keys/thrown.ts';

describe('requiredStore', () => {
  it('takes the flag before the setting', () => {
    expect(requiredStore('s3://a', 's3://b')).toBe('s3://a');
    expect(requiredStore(undefined, 's3://b')).toBe('s3://b');
    expect(requiredStore('s3://a', undefined)).toBe('s3://a');
  });

  it('says how to name one', () => {
    const error = thrown(() => requiredStore(undefined, undefined));
    expect(error).toMatchObject({ code: 'usage-flag', exitCode: 2 });
    expect(error.hint).toContain('--store');
  });
});

it.each([
  [{}, {}],
  [{ endpoint: undefined, region: undefined }, {}],
  [{ endpoint: 'http://127.0.0.1:7480' }, { endpoint: 'http://127.0.0.1:7480' }],
  [{ region: 'eu-1', endpoint: undefined }, { region: 'eu-1' }],
  [{ 'single-writer': true }, { singleWriter: true }],
  [{ 'single-writer': false }, {}],
])('storeOptions of %j have no undefined', (flags, options) => {
  expect(storeOptions(flags)).toStrictEqual(options);
});
