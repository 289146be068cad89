import { OtaError } from '../../core/errors.ts';
import { readSmallFile } from '../../files/read.ts';

/** A key has 119 bytes; what is much longer is something else. */
const MAX_BYTES = 64 * 1024;

/** Reads a file, or stdin for `-`. @throws OtaError `input-too-large`; as `readSmallFile` */
export async function readPem(
  file: string,
  stdin: AsyncIterable<Buffer> = process.stdin,
): Promise<{ readonly bytes: Uint8Array; readonly where: string }> {
  if (file !== '-') return { bytes: await readSmallFile(file, MAX_BYTES), where: file };
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of stdin) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_BYTES) {
      throw new OtaError('input-too-large', `stdin gives more than ${MAX_BYTES} bytes`, { where: 'stdin' });
    }
  }
  return { bytes: new Uint8Array(Buffer.concat(pieces)), where: 'stdin' };
}
