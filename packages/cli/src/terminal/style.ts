import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

/** A stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** A colour or weight, as `util.styleText` names it. */
export type Style = Parameters<typeof styleText>[0];

/** Returns text in a style where the stream shows colours: on a terminal, unless `NO_COLOR` is set, or anywhere with `FORCE_COLOR`. */
export const styled = (style: Style, text: string, stream: Output): string => styleText(style, text, { stream });
