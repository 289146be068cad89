/** The formats that deltas are made in: our own, and two that devices may have an applier for already. */
export const DELTA_FORMATS = ['otad', 'bsdiff40', 'vcdiff'] as const;
export type DeltaFormat = (typeof DELTA_FORMATS)[number];

export const isDeltaFormat = (text: string): text is DeltaFormat =>
  (DELTA_FORMATS as readonly string[]).includes(text);
