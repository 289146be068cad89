import { expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import { TestClient } from '../support/client.ts';
import { Forge } from '../support/forge.ts';

const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same signature with S + L in the place of S: the equation holds as well. */
function malleated(sig: string): string {
  const s = [...(fromHex(sig.slice(64)) ?? [])].reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n) + L;
  const bytes = Uint8Array.from({ length: 32 }, (_, index) => Number((s >> BigInt(8 * index)) & 255n));
  return sig.slice(0, 64) + toHex(bytes);
}

it('refuses S at or above the group order, and so a second spelling of a signature', async () => {
  const forge = await Forge.make();
  const text = new TextDecoder().decode(forge.bytes('timestamp'));
  const other = text.replace(/"sig":"([0-9a-f]+)"/, (_match, sig: string) => `"sig":"${malleated(sig)}"`);
  expect(other).not.toBe(text);
  forge.store.objects.set('metadata/timestamp.json', utf8(other));
  const client = new TestClient(forge.store, forge.bytes('root'));
  await client.refuses('threshold-unmet');
  forge.store.objects.set('metadata/timestamp.json', utf8(text));
  await client.refresh();
});
