import { decodeQR } from 'qr/decode.js';
import { describe, expect, it } from 'vitest';
import { qrLines } from '../../../../src/cli/requests/qr.ts';
import { utf8 } from '../../../../src/core/bytes.ts';
import { compactResponse, parseResponse } from '../../../../src/requests/response-text.ts';
import { refusal } from '../../../support/client.ts';

const signature = (document: number) => ({
  keyid: 'cd'.repeat(32),
  document,
  sig: new Uint8Array(64).map((_, index) => (index * 37 + document) & 255),
});
const response = { request: 'ab'.repeat(32), signatures: [signature(0), signature(1)] };
const SCALE = 4;

/** A picture of a terminal without colours: letters are light. */
function picture(lines: readonly string[]) {
  const rows = lines.flatMap((line) => [
    [...line].map((char) => '█▀'.includes(char)),
    [...line].map((char) => '█▄'.includes(char)),
  ]);
  const width = (rows[0]?.length ?? 0) * SCALE;
  const height = rows.length * SCALE;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const light = rows[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] ?? false;
      data.fill(light ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return { width, height, data };
}

describe('the QR code of a response', () => {
  it('is read back by a decoder, and is the response', async () => {
    const text = decodeQR(picture(await qrLines(compactResponse(response))));
    expect(parseResponse(utf8(text))).toEqual(response);
  });

  it('fits a terminal of 80 by 40', async () => {
    const lines = await qrLines(compactResponse(response));
    expect(lines.length).toBeLessThanOrEqual(35);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(69);
  });

  it('is refused where it could not be read from a screen', async () => {
    expect((await refusal(() => qrLines('A'.repeat(2000)))).code).toBe('response-invalid');
    expect((await refusal(() => qrLines('A'.repeat(5000)))).code).toBe('response-invalid');
  });
});
