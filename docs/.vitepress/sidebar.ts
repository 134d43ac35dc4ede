/** The chapters in order, then the reference. Missing pages are skipped, and so is a reference that has not been generated. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';

const pages = fileURLToPath(new URL('../', import.meta.url));

/** Chapters by part: the name of the file, and what the sidebar calls it. */
const parts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Learn the basics': {
    start: 'Start in 5 minutes',
    data: 'Your data',
    evaluation: 'Is it good?',
    recipe: 'Choosing settings',
    tune: 'Searching for settings',
    report: 'Reports',
    studio: 'Studio',
    track: 'Tracking experiments',
  },
  'Put it to work': {
    serving: 'Serving',
    nightly: 'Every night',
    'cold-items': 'Cold items',
    export: 'Other runtimes: ONNX, vectors',
    browser: 'In the browser',
    runtimes: 'Bundlers and runtimes',
    reliability: 'Reliability',
  },
  Grow: {
    'large-catalogs': 'Large catalogs',
    prepare: 'Data beyond memory',
    shards: 'Many machines',
    distributed: 'Training on several machines',
    scale: 'Scale: what to expect',
  },
  'Go deeper': {
    'write-a-model': 'Write a model',
    kernels: 'Kernels and threads',
    migrate: 'From RecTools or RecBole',
    demonstrations: 'Demonstrations',
    performance: 'Performance',
    'decisions/index': 'Decisions',
  },
  Reference: {
    'reference/command': 'The recsys command',
    errors: 'Errors by code',
    glossary: 'Glossary',
    'api/index': 'API',
  },
};

const chapters: DefaultTheme.SidebarItem[] = Object.entries(parts).map(([text, entries]) => ({
  text,
  items: Object.entries(entries)
    .filter(([page]) => existsSync(`${pages}${page}.md`))
    .map(([page, name]) => ({ text: name, link: `/${page.replace(/index$/, '')}` })),
}));

/** An entry of the file that TypeDoc writes. */
interface ApiEntry {
  readonly title: string;
  readonly path?: string;
  readonly children?: readonly ApiEntry[];
}

/** A package folds; what is in it does not, as the theme would nest two buttons. */
const apiItem = ({ title, path = `${title}/index.md`, children }: ApiEntry): DefaultTheme.SidebarItem => ({
  text: title,
  ...(existsSync(`${pages}api/${path}`) && { link: `/api/${path.replace(/(index)?\.md$/, '')}` }),
  ...(title.startsWith('@') && { collapsed: true }),
  ...(children && { items: children.map(apiItem) }),
});

const navigation = `${pages}api/navigation.json`;
const api = existsSync(navigation) ? (JSON.parse(readFileSync(navigation, 'utf8')) as ApiEntry[]).map(apiItem) : [];

const decisions = readdirSync(`${pages}decisions`)
  .filter((file) => /^\d+-.*\.md$/.test(file))
  .map((file) => {
    const [, title] = /^# (.+)$/m.exec(readFileSync(`${pages}decisions/${file}`, 'utf8'))!;
    return { text: title, link: `/decisions/${file.replace(/\.md$/, '')}` };
  });

export const nav: DefaultTheme.NavItem[] = [
  { text: 'Guide', link: '/start' },
  ...(api.length === 0 ? [] : [{ text: 'API', link: '/api/' }]),
  { text: 'Errors', link: '/errors' },
];

export const sidebar: DefaultTheme.Sidebar = {
  '/': chapters,
  '/decisions/': [{ text: 'Decisions', link: '/decisions/', items: decisions }],
  '/api/': [{ text: 'API', link: '/api/', items: api }],
};
