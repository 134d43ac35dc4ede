import { DataError } from '../errors.js';

/** A database as `queryRows` takes it. */
export type Database =
  | {
      readonly kind: 'postgres';
      /** The URL without its password, for messages and files. */
      readonly name: string;
      /** The URL as it was given. */
      readonly url: string;
      /** Name of the database on the server, or undefined if the URL has none. */
      readonly database: string | undefined;
    }
  | {
      readonly kind: 'duckdb';
      /** The path. */
      readonly name: string;
    };

/**
 * Returns what a database URL names, and the URL without its password.
 *
 * @throws {DataError} on a text that is no such URL. The message has nothing of it that could be a password.
 * @example
 * parseDatabase('postgres://ann:secret@localhost/shop').name; // 'postgres://ann@localhost/shop'
 */
export const parseDatabase = (text: string): Database => {
  const [, scheme, authority, rest] = /^(postgres(?:ql)?:\/\/)([^/?#]*)(.*)$/is.exec(text) ?? [];
  if (scheme !== undefined) {
    // A password that holds / ? or # would end the part before the host too early, and be taken for something that may be shown.
    if (/[@#]/.test(rest) || !/^([^@]*@)?(\[[^\]]*\]|[^:@]*)(:\d*)?$/.test(authority))
      throw new DataError(
        'bad-option',
        'the database URL cannot be read; write the special characters of user and password as %40 for @, %2F for /, %23 for #, %3F for ?, %3A for :',
      );
    const at = authority.indexOf('@');
    const user = at < 0 ? '' : `${authority.slice(0, at).split(':', 1)[0]}@`;
    const [path, search = ''] = rest.split(/\?(.*)/s);
    const kept = search.split('&').filter((part) => part !== '' && !/^(ssl)?password=/i.test(decoded(part)));
    const query = kept.length === 0 ? '' : `?${kept.join('&')}`;
    const database = decoded(path.slice(1));
    return {
      kind: 'postgres',
      name: `${scheme}${user}${authority.slice(at + 1)}${path}${query}`,
      url: text,
      database: database === '' ? undefined : database,
    };
  }
  if (/^duckdb:./i.test(text)) return { kind: 'duckdb', name: text.slice('duckdb:'.length) };
  if (/\.duckdb$/i.test(text)) return { kind: 'duckdb', name: text };
  throw new DataError(
    'bad-option',
    'a database must be a URL postgres://user@host/database, the path of a file that ends with .duckdb, or duckdb:PATH',
  );
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
