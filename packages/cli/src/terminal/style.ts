import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

/** A stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** A colour or weight, as `util.styleText` names it. One at a time: Node 20 does not ask the stream when it is given a list. */
export type Style = Extract<Parameters<typeof styleText>[0], string>;

/** Returns text in a style where the stream shows colours: on a terminal, unless `NO_COLOR` is set, or anywhere with `FORCE_COLOR`. */
export const styled = (style: Style, text: string, stream: Output): string => styleText(style, text, { stream });
