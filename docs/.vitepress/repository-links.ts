/** Links of the pages to files that are not pages, such as `../packages/serve`: on the site they lead to the repository. */
import { statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MarkdownRenderer } from 'vitepress';

export const repositoryUrl = 'https://github.com/recsys-ts/recsys';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = fileURLToPath(new URL('../', import.meta.url));

/** Returns where a link of a page leads on the site: as it is, unless it leaves the folder of pages. */
const onSite = (page: string, href: string): string => {
  if (/^([a-z]+:|[/#])/.test(href)) return href;
  const [path = '', hash] = href.split('#');
  const target = resolve(dirname(page), path);
  if (target.startsWith(pages)) return href;
  const name = relative(root, target);
  const anchor = hash === undefined ? '' : `#${hash}`;
  if (name === 'GLOSSARY.md') return `/glossary${anchor}`; // a page, docs/glossary.md, includes it
  const kind = statSync(target).isDirectory() ? 'tree' : 'blob'; // throws on a link to nothing
  return `${repositoryUrl}/${kind}/main/${name}${anchor}`;
};

/** A plugin of markdown-it. */
export const repositoryLinks = (md: MarkdownRenderer): void => {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href !== null) token.attrSet('href', onSite(env.path, href));
    }
  });
};
