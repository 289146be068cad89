/** The formats that deltas are made in: our own, and two that devices may have an applier for already. */
export const DELTA_FORMATS = ['otad', 'bsdiff40', 'vcdiff'] as const;
export type DeltaFormat = (typeof DELTA_FORMATS)[number];

export const isDeltaFormat = (text: string): text is DeltaFormat =>
  (DELTA_FORMATS as readonly string[]).includes(text);

/** The encoders by whose rules packed parts of images are unpacked and packed again in a delta of our own format. */
export const DELTA_CODECS = ['zlib-1.2', 'liblzma-5', 'lzma-sdk', 'zstd-1.5.4', 'zstd-1.5.7'] as const;

/** How such an encoder is called, known here or not. */
export const isCodecName = (text: string): boolean => /^[a-z0-9][a-z0-9.-]{0,62}$/.test(text);
