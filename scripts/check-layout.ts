/**
 * Checks that no source file or folder is too large: `pnpm check:layout`. Lists those that are, and exits with 1. Files
 * that git ignores, such as generated ones, are excluded.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const mostLines = 400;
/** A module and its test count as one file. */
const mostFiles = 16;

process.chdir(fileURLToPath(new URL('../', import.meta.url)));
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' });
const files = listed.split('\n').filter((path) => /\.([cm]?[jt]s|py)$/.test(path) && existsSync(path));

const problems: string[] = [];
const modulesIn = new Map<string, Set<string>>();
for (const path of files) {
  const lines = readFileSync(path, 'utf8').split('\n').length - 1;
  if (lines > mostLines) problems.push(`${path} has ${lines} lines, more than ${mostLines}`);
  const folder = dirname(path);
  modulesIn.set(folder, (modulesIn.get(folder) ?? new Set()).add(path.replace(/\.test(?=\.\w+$)/, '')));
}
for (const [folder, { size }] of modulesIn)
  if (size > mostFiles) problems.push(`${folder} has ${size} source files, more than ${mostFiles}`);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${files.length} source files in ${modulesIn.size} folders are within bounds`);
