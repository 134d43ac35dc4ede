const escaped = (character: string): string =>
  ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' })[character] ??
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Returns a text on one line that cannot steer a terminal: control characters (C0, DEL, C1) and marks of text direction are escaped. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, escaped);

/** Returns a value as one line of JSON that cannot steer a terminal: JSON itself escapes neither DEL nor C1. */
export const jsonLine = (value: unknown): string => `${printable(JSON.stringify(value))}\n`;
