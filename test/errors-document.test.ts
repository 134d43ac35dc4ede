/** docs/errors.md has every code of every error class, and nothing else; its messages are those of the source. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorClasses, type Thrown, thrownErrors } from './support/error-codes.ts';

const document = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
const classes = errorClasses();
const thrown = thrownErrors();

/** A row of a table: what a code means and what to do about it. */
interface Entry {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly texts: readonly string[];
}

/** Returns the rows of the tables of a document, each under the heading of its class. */
const entriesOf = (text: string): Entry[] =>
  text.split(/^## /m).flatMap((section) =>
    [...section.matchAll(/^\| `([a-z-]+)` \| (`+)(.+?)\2 \| (.+) \| (.+) \|$/gm)].map(
      ([, code, , message, ...texts]) => ({
        name: section.slice(0, section.indexOf('\n')),
        code,
        message,
        texts,
      }),
    ),
  );

/** Returns the throws of a class; checks of options throw on behalf of every class. */
const throwsOf = (name: string, code: string, all: readonly Thrown[]): Thrown[] => {
  const own = all.filter((error) => error.name === name && error.code === code);
  return own.length === 0 || code !== 'bad-option' ? own : [...own, ...all.filter((e) => e.name === 'ErrorClass')];
};

const entries = entriesOf(document);

describe('docs/errors.md', () => {
  it('has one entry for each code of each class, in the order of the source', () => {
    const named = (list: readonly { name: string; code: string }[]) => list.map(({ name, code }) => `${name} ${code}`);
    const declared = classes.flatMap(({ name, codes }) => codes.map((code) => ({ name, code })));
    expect(named(entries).sort()).toEqual(named(declared).sort());
    for (const { name, codes } of classes)
      expect(entries.filter((entry) => entry.name === name).map(({ code }) => code)).toEqual(codes);
  });

  it('says cause and cure of each', () => {
    for (const { texts } of entries) for (const text of texts) expect(text).toMatch(/^.{15,}$/);
  });

  it.each(entries)('$name $code has a message of the source', ({ name, code, message }) => {
    const patterns = throwsOf(name, code, thrown).flatMap(({ messages }) => messages);
    expect(patterns.filter((pattern) => pattern.test(message)).length).toBeGreaterThan(0);
  });

  it('is linked from the documents about errors', () => {
    for (const [path, link] of [
      ['README.md', 'docs/errors.md'],
      ['ARCHITECTURE.md', 'docs/errors.md'],
      ['packages/errors/README.md', '../../docs/errors.md'],
    ])
      expect(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')).toContain(`](${link})`);
  });
});

describe('the codes of errors', () => {
  it('are found in the source, of every package with errors of its own', () => {
    expect(classes.map(({ folder }) => folder.slice('packages/'.length))).toEqual(
      expect.arrayContaining([
        'backend-simd',
        'cli',
        'data',
        'duckdb',
        'export',
        'hstu',
        'layers',
        'metrics',
        'model',
        'report',
        'sasrec',
        'serve',
        'training',
      ]),
    );
    for (const { name, codes } of classes) expect([name, codes.length > 0]).toEqual([name, true]);
  });

  it('are all thrown somewhere, and no other is', () => {
    for (const { name, codes } of classes) {
      for (const code of codes)
        expect([name, code, throwsOf(name, code, thrown).length > 0]).toEqual([name, code, true]);
      const others = thrown.filter((error) => error.name === name && !codes.includes(error.code));
      expect(others).toEqual([]);
    }
  });
});

it('an entry without a cure, or for a code that nothing throws, is noticed', () => {
  const sample = '## DataError\n\n| `gone` | `x: is gone` | somebody removed it | |\n';
  expect(entriesOf(sample)).toEqual([]);
  expect(throwsOf('DataError', 'gone', thrown)).toEqual([]);
});
