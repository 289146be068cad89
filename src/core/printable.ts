/** C0, DEL, C1, and the marks, embeddings, overrides and isolates that change the direction of text (UAX #9). */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text as it may be shown on a terminal: control characters, which could move the cursor or turn the text around, stand as
 * `\uXXXX`. A line feed is one of them: split a text of several lines first.
 */
export const printable = (text: string): string =>
  text.replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
