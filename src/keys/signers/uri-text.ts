import { OtaError } from '../../core/errors.ts';

/** A PIN where none belongs is not shown. */
const PIN = /(pin(?!-source)[a-z-]*(?:=|%3d))[^;&?]*/gi;

/** Percent-decodes a part of a URI. @throws OtaError `key-uri-invalid` */
export function decodePart(uri: string, part: string): string {
  try {
    const text = decodeURIComponent(part);
    if (!text.includes('\0')) return text;
  } catch (cause) {
    refuseUri(uri, 'has a "%" that starts no valid escape', 'Write a percent sign as %25.', cause);
  }
  return refuseUri(uri, 'holds a zero byte', 'Remove %00.');
}

/** @throws OtaError `key-uri-invalid` */
export function refuseUri(text: string, message: string, hint: string, cause?: unknown): never {
  const uri = text.replace(PIN, '$1…');
  throw new OtaError('key-uri-invalid', `the key ${JSON.stringify(uri)} ${message}`, {
    where: uri,
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
}
