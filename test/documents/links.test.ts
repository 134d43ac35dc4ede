/** The links of documents to files of the repository, and to headings in them, lead somewhere. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documents, root } from './code-blocks.ts';

const files = [
  ...documents,
  ...['ARCHITECTURE.md', 'CONTRIBUTING.md', 'GLOSSARY.md', 'RESULTS.md'],
  ...readdirSync(join(root, 'docs/decisions')).map((file) => `docs/decisions/${file}`),
  'examples/browser/README.md',
];

/** Pages that are made when the site is built. */
const made = /^docs\/(api|reference)\//;

/** Returns a text without its blocks of code. */
const proseOf = (text: string): string => text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '');

/** Returns the anchors of a document: its headings in lower case, without punctuation, with hyphens for spaces. */
const anchorsOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Returns where the links of a document lead, without those to other sites. */
const linksOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, href]) => href).filter((href) => !/^[a-z]+:/.test(href));

/** Returns what is wrong with a link; undefined if nothing is. */
const problemOf = (document: string, href: string): string | undefined => {
  const [path, anchor] = href.split('#');
  const target = path === '' ? document : join(dirname(document), path);
  if (made.test(target)) return undefined;
  if (!existsSync(join(root, target))) return `${document}: ${href} leads nowhere`;
  if (anchor === undefined) return undefined;
  const page = statSync(join(root, target)).isDirectory() ? join(target, 'README.md') : target;
  const isThere = anchorsOf(readFileSync(join(root, page), 'utf8')).includes(anchor);
  return isThere ? undefined : `${document}: ${href} has no such heading`;
};

describe('the links of documents', () => {
  it('lead to files and headings that are there', () => {
    const links = files.flatMap((file) => linksOf(readFileSync(join(root, file), 'utf8')).map((href) => [file, href]));
    expect(links.length).toBeGreaterThan(100);
    expect(links.map(([file, href]) => problemOf(file, href)).filter(Boolean)).toEqual([]);
  });

  it('are noticed when they do not', () => {
    expect(problemOf('docs/start.md', 'gone.md')).toBe('docs/start.md: gone.md leads nowhere');
    expect(problemOf('docs/start.md', 'data.md#gone')).toBe('docs/start.md: data.md#gone has no such heading');
    expect(linksOf('```\n[a](b.md)\n```\n[c](d.md#e) [f](https://g)\n')).toEqual(['d.md#e']);
  });
});
