/** The blocks of code in documents. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A block between two fences. The fence says what it is: ` ```ts no-run: it needs a server `, or ` ```ts file: shop.mjs `. */
export interface CodeBlock {
  /** Path of the document from the root. */
  readonly document: string;
  /** The language, such as `ts` or `sh`; empty where the fence names none. */
  readonly language: string;
  readonly code: string;
  /** Why it cannot be run here. */
  readonly noRun: string | undefined;
  /** The file that readers are told to save it as; commands of the page find it there. */
  readonly file: string | undefined;
}

export const packageNames = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'README.md')),
);
export const pages = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));

/** README.md, the READMEs of packages, and the pages of the site. */
export const documents: readonly string[] = [
  'README.md',
  ...packageNames.map((name) => `packages/${name}/README.md`),
  ...pages.map((file) => `docs/${file}`),
];

/** Returns the blocks of a text, in order. */
export const blocksIn = (text: string, document: string): CodeBlock[] =>
  [...text.matchAll(/^```(\w*)(?: (no-run|file): (.+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language, attribute, value, code]) => ({
      document,
      language,
      code,
      noRun: attribute === 'no-run' ? value : undefined,
      file: attribute === 'file' ? value : undefined,
    }),
  );

/** Returns the blocks of a document, in order. */
export const blocksOf = (document: string): CodeBlock[] =>
  blocksIn(readFileSync(join(root, document), 'utf8'), document);
