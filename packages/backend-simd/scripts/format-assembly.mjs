/**
 * Formats `assembly/` with biome, which has no syntax for a decorator on a function: `@inline` is turned into a
 * comment and back. `--check` reports files that are not formatted, and exits with 1.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../assembly/', import.meta.url);
const check = process.argv.includes('--check');
const files = readdirSync(folder, { recursive: true }).filter(
  (file) => file.endsWith('.ts') && !file.startsWith('generated'),
);

const format = (text) => {
  const hidden = text.replaceAll(/^@inline$/gm, '//@inline');
  const args = ['format', '--stdin-file-path=assembly.ts', '--line-width=120', '--indent-style=space'];
  const options = { input: hidden, cwd: new URL('.', import.meta.url), encoding: 'utf8' };
  const formatted = execFileSync('biome', [...args, '--javascript-formatter-quote-style=single'], options);
  return formatted.replaceAll(/^\/\/@inline$/gm, '@inline');
};

const changed = files.filter((file) => {
  const url = new URL(file, folder);
  const text = readFileSync(url, 'utf8');
  const formatted = format(text);
  if (formatted !== text && !check) writeFileSync(url, formatted);
  return formatted !== text;
});
if (check && changed.length > 0) throw new Error(`not formatted: ${changed.join(', ')}; run \`pnpm format:assembly\``);
