/** A form of compression that hides what changed, and what to build instead. */
export interface Packed {
  readonly form: string;
  readonly advice: string;
}

const LET_OTA =
  'bundle it uncompressed: the payload is compressed by ota, and deltas are made between the images';

/** By the first bytes of an image. Forms that deltas see into are not among them. */
const FORMS: readonly (Packed & { readonly magic: readonly number[]; readonly at?: number })[] = [
  {
    form: 'gzip',
    magic: [0x1f, 0x8b, 0x08],
    advice: `${LET_OTA}; or compress with zlib, as pigz does, whose packing deltas can redo`,
  },
  { form: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], advice: LET_OTA },
  { form: 'bzip2', magic: [0x42, 0x5a, 0x68], advice: LET_OTA },
  { form: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18], advice: LET_OTA },
  { form: 'lzop', magic: [0x89, 0x4c, 0x5a, 0x4f], advice: LET_OTA },
  { form: '7-Zip', magic: [0x37, 0x7a, 0xbc, 0xaf], advice: LET_OTA },
  {
    form: 'zip',
    magic: [0x50, 0x4b, 0x03, 0x04],
    advice: 'bundle what is in it: devices install images, not archives',
  },
  {
    form: 'age-encrypted',
    magic: [...'age-encryption.org'].map((letter) => letter.charCodeAt(0)),
    advice: 'encrypt in transit instead: each build of an encrypted image differs in every byte',
  },
  {
    form: 'LUKS-encrypted',
    magic: [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe],
    advice: 'let the device encrypt what it writes: each build of an encrypted image differs in every byte',
  },
];

/** In what form an image is packed, by its first bytes; `undefined` where it is in none that is known. */
export function packedForm(head: Uint8Array): Packed | undefined {
  const found = FORMS.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  return found && { form: found.form, advice: found.advice };
}
