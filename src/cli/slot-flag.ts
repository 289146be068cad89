import { OtaError } from '../core/errors.ts';
import { type Name, parseName } from '../core/names.ts';
import { parseSize } from '../core/sizes.ts';

/** `boot=1MiB`. @throws OtaError `usage-flag`, `name-invalid`, `size-invalid` */
export function parseSlot(text: string): readonly [Name, number] {
  const [, name, size] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const bytes = size === undefined ? 0 : parseSize(size, '--slot');
  if (name !== undefined && bytes > 0) return [parseName(name, 'a slot'), bytes];
  throw new OtaError('usage-flag', `${JSON.stringify(text)} is no slot with its size`, {
    hint: 'Give it as NAME=SIZE, such as boot=1MiB.',
  });
}
