/** A rectangle, a line or a text of a picture, as SVG. */
export type Shape = string;

interface PictureOptions {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** What a screen reader says, and a browser shows as the name of the picture. */
  readonly title: string;
}

/**
 * Returns a text as XML takes it in an element or an attribute. Characters that XML has no place for, such as control characters, become U+FFFD.
 */
export const escapeXml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');

/** Returns a text that is cut to a number of characters. */
export const shortened = (text: string, most: number): string => {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
};

/** Returns a coordinate with at most one decimal. */
const px = (value: number): string => String(Math.round(value * 10) / 10);

/** Returns the attributes of an element; undefined ones are omitted. */
const attributes = (values: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${typeof value === 'number' ? px(value) : escapeXml(value!)}"`)
    .join('');

interface TextOptions {
  /** A class of the style sheet, such as `dim` or `head`. */
  readonly class?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Degrees, clockwise around the beginning of the text. */
  readonly rotate?: number;
  /** The whole text, if only a part is shown. */
  readonly full?: string;
}

/** Returns a text at a point. */
export const textAt = (
  x: number,
  y: number,
  text: string,
  { class: name, anchor, rotate, full }: TextOptions = {},
): Shape => {
  const transform = rotate === undefined ? undefined : `rotate(${rotate} ${px(x)} ${px(y)})`;
  const whole = full === undefined || full === text ? '' : `<title>${escapeXml(full)}</title>`;
  return `<text${attributes({ x, y, class: name, 'text-anchor': anchor, transform })}>${whole}${escapeXml(text)}</text>`;
};

/** Returns an element with attributes, and a title that a browser shows when the mouse is over it. */
export const element = (
  name: 'rect' | 'line' | 'path' | 'circle',
  values: Readonly<Record<string, string | number | undefined>>,
  title?: string,
): Shape =>
  title === undefined
    ? `<${name}${attributes(values)}/>`
    : `<${name}${attributes(values)}><title>${escapeXml(title)}</title></${name}>`;

/** Colours on light and on dark pages; both have enough contrast for text (WCAG AA). */
const styles = `
    svg { --page: #ffffff; --text: #1f2328; --dim: #59636e; --line: #d1d9e0; --ink: #0550ae; --best: #bc4c00; }
    @media (prefers-color-scheme: dark) {
      svg { --page: #0d1117; --text: #f0f6fc; --dim: #9198a1; --line: #3d444d; --ink: #79c0ff; --best: #ffa657; }
    }
    text { fill: var(--text); font: 12px system-ui, sans-serif; }
    .head { font-weight: 600; font-size: 13px; }
    .dim { fill: var(--dim); }
    .page { fill: var(--page); }
    .line { stroke: var(--line); fill: none; }
    .cell { fill: var(--ink); }`;

/** Returns a picture of shapes, as a file of its own. */
export const picture = (shapes: readonly Shape[], { width, height, title }: PictureOptions): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${styles}\n</style>`,
    element('rect', { class: 'page', width: '100%', height: '100%' }),
    ...shapes,
    '</svg>',
    '',
  ].join('\n');
