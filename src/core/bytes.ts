const HEX = /^(?:[0-9a-f]{2})*$/;

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Decodes strictly: throws a `TypeError` on malformed UTF-8 and keeps a byte order mark. */
export const fromUtf8 = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Lower-case hexadecimal only; `undefined` for anything else. */
export const fromHex = (text: string): Uint8Array | undefined =>
  HEX.test(text) ? new Uint8Array(Buffer.from(text, 'hex')) : undefined;

export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Standard base64 with padding, in its one canonical spelling; `undefined` for anything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  return toBase64(bytes) === text ? bytes : undefined;
}

/** Below 0, 0 or above 0, by the first byte that differs, a shorter one first. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
