import { describe, expect, it } from 'vitest';
import { parseDatabase } from './parse-database.js';

describe('parseDatabase', () => {
  it.each([
    ['postgres://ann:secret@db:5432/shop', 'postgres://ann@db:5432/shop', 'shop'],
    ['postgresql://ann:se%2Fcr%40et:@db/shop', 'postgresql://ann@db/shop', 'shop'],
    ['postgres://db/shop', 'postgres://db/shop', 'shop'],
    ['postgres://db', 'postgres://db', undefined],
    ['postgres://:secret@[::1]:5/my%20shop', 'postgres://@[::1]:5/my%20shop', 'my shop'],
    ['postgres:///shop?host=/tmp&user=ann&password=secret', 'postgres:///shop?host=/tmp&user=ann', 'shop'],
    ['postgres://db/shop?p%61ssword=secret&sslpassword=secret', 'postgres://db/shop', 'shop'],
  ])('takes the password out of %s', (url, name, database) => {
    expect(parseDatabase(url)).toEqual({ kind: 'postgres', url, name, database });
  });

  it.each([
    'postgres://ann:sec/ret@db/shop',
    'postgres://ann:12/secret@db/shop',
    'postgres://ann:12?secret@db/shop',
    'postgres://ann:12#secret',
    'postgres://ann:sec@ret@db/shop',
    'postgres://ann:secret',
  ])('refuses %s without a word of it, as it may hold a password', (url) => {
    const error = (() => {
      try {
        return parseDatabase(url);
      } catch (cause) {
        return cause as Error;
      }
    })() as Error;
    expect(error).toMatchObject({ code: 'bad-option', message: expect.stringContaining('%2F for /') });
    expect(`${error.message}${error.stack}`).not.toMatch(/secret|sec@ret|sec\/ret/);
  });

  it('takes DuckDB files, and nothing else', () => {
    expect(parseDatabase('data/shop.duckdb')).toEqual({ kind: 'duckdb', name: 'data/shop.duckdb' });
    expect(parseDatabase('duckdb:shop.db')).toEqual({ kind: 'duckdb', name: 'shop.db' });
    for (const text of ['shop.csv', 'mysql://ann:secret@db/shop', 'duckdb:', ''])
      expect(() => parseDatabase(text)).toThrow(/^a database must be a URL postgres:/);
  });
});
