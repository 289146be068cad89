/** Crockford's base 32: no letter that is mistaken for a digit, and no `u`. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const GROUPS = 6;
const GROUP_LENGTH = 4;

export const GENERATED_PASSPHRASE_BYTES = GROUPS * GROUP_LENGTH;

/** A passphrase of 120 bits that can be read aloud and typed: six groups of four. @param random 24 random bytes */
export function generatedPassphrase(random: Uint8Array): string {
  const characters = Array.from(
    random.subarray(0, GENERATED_PASSPHRASE_BYTES),
    (byte) => ALPHABET[byte & 31],
  );
  return (characters.join('').match(/.{4}/g) ?? []).join('-');
}
