/** The site: `pnpm docs:dev` shows it, `pnpm docs:build` writes it to `docs/.vitepress/dist`. */
import { defineConfig, type UserConfig } from 'vitepress';
import { repositoryLinks, repositoryUrl } from './repository-links.ts';
import { nav, sidebar } from './sidebar.ts';

/** With these headers a page is cross-origin isolated, which threads need. A host that cannot set them serves the site as well, with one thread. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Comments of zod that newer bundlers understand. */
const rollupOptions: NonNullable<NonNullable<UserConfig['vite']>['build']>['rollupOptions'] = {
  onwarn: (warning, warn) => warning.code !== 'INVALID_ANNOTATION' && warn(warning),
};

export default defineConfig({
  title: 'recsys',
  description: 'Sequential recommendation for TypeScript',
  lang: 'en',
  base: process.env.DOCS_BASE ?? '/',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // A home page of VitePress has no main landmark.
  transformHtml: (html) => html.replace('class="VPContent is-home"', 'class="VPContent is-home" role="main"'),
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (md) => md.use(repositoryLinks),
  },
  themeConfig: {
    nav,
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repositoryUrl }],
    footer: { message: 'MIT license' },
  },
  vite: {
    worker: { format: 'es', rollupOptions }, // the demo's workers load parts of the library when they are needed
    build: { target: 'es2022', chunkSizeWarningLimit: 4000, rollupOptions }, // an API page is one chunk, and so is the search index
    server: { headers: isolation },
    preview: { headers: isolation },
  },
});
