/**
 * Checks that every package has the license, author and repository of the root `package.json`, and that links point to
 * that repository: `pnpm check:metadata`. `--write` fixes them. `--repository OWNER/NAME` also checks that it is the
 * repository of the root, before a release.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';

type Manifest = Record<string, unknown>;

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const { license, author, repository } = JSON.parse(read('package.json'));
const url: string = repository.url;
const page = url.replace(/^git\+/, '').replace(/\.git$/, '');

/** Files that every package publishes, besides its build. */
const publishedFiles = ['README.md', 'LICENSE', 'CHANGELOG.md'];

/** Returns the fields of a package's manifest that are derived from the root's. */
const followingFields = (files: readonly string[], directory: string): Manifest => ({
  license,
  author,
  homepage: `${page}/tree/main/${directory}#readme`,
  repository: { type: 'git', url, directory },
  bugs: `${page}/issues`,
  files: [...files.filter((file) => !publishedFiles.includes(file)), ...publishedFiles],
});

/** Links to the repository in other files: the pattern around the URL. */
const links: Record<string, RegExp> = {
  'CITATION.cff': /(?<=^repository-code: )\S+$/m,
  'SECURITY.md': /https:\S+(?=\/security\/advisories\/new\b)/,
  '.github/ISSUE_TEMPLATE/config.yml': /https:\S+(?=\/security\/policy\b)/,
};

const { values } = parseArgs({ options: { write: { type: 'boolean' }, repository: { type: 'string' } } });
const wanted = new Map<string, string>();
const problems: string[] = [];

const folders = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
for (const folder of folders) {
  const path = `${folder}/package.json`;
  const manifest: Manifest = JSON.parse(read(path));
  const { name, version, description, files } = manifest;
  const { files: wantedFiles, ...fields } = followingFields(files as string[], folder);
  const expected: Manifest = { name, version, description, ...fields, ...manifest, ...fields, files: wantedFiles };
  if (isDeepStrictEqual(manifest, expected)) continue;
  for (const field of Object.keys(expected).filter((key) => !isDeepStrictEqual(manifest[key], expected[key])))
    problems.push(
      `${path}: ${field} must be ${JSON.stringify(expected[field])}, is ${JSON.stringify(manifest[field])}`,
    );
  wanted.set(path, `${JSON.stringify(expected, null, 2)}\n`);
}
const text = read('LICENSE');
for (const path of folders.map((folder) => `${folder}/LICENSE`)) {
  if (read(path) === text) continue;
  problems.push(`${path}: must be a copy of the LICENSE of the root`);
  wanted.set(path, text);
}
for (const [path, link] of Object.entries(links)) {
  const content = read(path);
  const [found] = link.exec(content) ?? [];
  if (found === page) continue;
  problems.push(`${path}: must link to ${page}, links to ${found}`);
  if (found !== undefined) wanted.set(path, content.replace(link, page));
}

if (values.write) {
  for (const [path, content] of wanted) writeFileSync(join(root, path), content);
  const manifests = [...wanted.keys()].filter((path) => path.endsWith('.json'));
  if (manifests.length > 0) execFileSync('npx', ['biome', 'format', '--write', ...manifests], { cwd: root });
} else for (const problem of problems) console.error(problem);
const isReleasedElsewhere = values.repository !== undefined && page !== `https://github.com/${values.repository}`;
if (isReleasedElsewhere)
  console.error(`package.json: repository is ${page}, but the release is from ${values.repository}`);
process.exitCode = isReleasedElsewhere || (problems.length > 0 && !values.write) ? 1 : 0;
if (process.exitCode === 1) console.error('set repository.url in package.json, then run pnpm check:metadata --write');
