/** A piece of HTML that is safe as it is. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What a template may hold: text is escaped, pieces are not, and `false` and `undefined` are nothing. */
export type HtmlValue = string | number | Html | false | undefined | readonly HtmlValue[];

/**
 * Returns a text without characters that HTML and SVG have no place for, or that turn the text after them around: control characters, halves of
 * pairs and overrides of direction become U+FFFD. Line ends become spaces.
 */
export const clean = (text: string): string =>
  text
    .replace(/[\t-\r \u2028\u2029]+/g, ' ')
    .replace(/[^\u{20}-\u{7e}\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => clean(text).replace(/[&<>"']/g, (character) => escapes[character]);

const textOf = (value: HtmlValue): string => {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('');
  return escapeHtml(String(value));
};

/** Returns a template as HTML; the values in it are escaped, in elements and in quoted attributes. */
export const html = (parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
  new Html(parts.map((part, i) => (i === 0 ? part : textOf(values[i - 1]) + part)).join(''));

/** Marks a text as HTML that is safe as it is. */
export const raw = (text: string): Html => new Html(text);

/** Returns a text that is cut to a number of characters. */
export const shortened = (text: string, most: number): string => {
  const characters = [...text];
  return characters.length <= most
    ? text
    : `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
};
