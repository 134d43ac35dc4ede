/** Writes `docs/reference/command.md`: every command of `recsys`, as its `--help` prints it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../packages/cli/bin/recsys.js', import.meta.url));
const page = new URL('../../docs/reference/command.md', import.meta.url);

const help = (command: readonly string[]): string =>
  execFileSync(process.execPath, [bin, ...command, '--help'], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '100', NO_COLOR: '1' },
  }).trim();

/** Returns the names of the commands that a help text lists. */
const commandsIn = (text: string): string[] => {
  const [, list = ''] = /^Commands:\n((?: {2,}.*\n)+)/m.exec(`${text}\n`) ?? [];
  return [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name).filter((name) => name !== 'help');
};

const all = commandsIn(help([])).flatMap((name) => {
  const own = commandsIn(help([name]));
  return own.length === 0 ? [[name]] : own.map((second) => [name, second]);
});
if (all.length < 10) throw new Error(`only ${all.length} commands were found in the help of recsys`);
const sections = all.map((command) => `## recsys ${command.join(' ')}\n\n\`\`\`text\n${help(command)}\n\`\`\`\n`);
mkdirSync(new URL('.', page), { recursive: true });
writeFileSync(
  page,
  `# The recsys command\n\nEvery command with its options, as \`recsys COMMAND --help\` prints them.\n\n${sections.join('\n')}`,
);
console.log(`the command: ${all.length} pages of help`);
