import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { matrix, type Row } from './matrix.ts';

const rows = Object.entries<Row>(matrix);

it('docs/runtimes.md has the table of what is tested', () => {
  const command = '`npx vitest run test/runtimes`';
  const lines = rows.map(
    ([, { runtime, how, threads, onlyAll }]) =>
      `| ${runtime} | ${how} | ${threads} | ${onlyAll ? command.replace('`', '`RUNTIMES=all ') : command} |`,
  );
  const table = ['| runtime | how | threads | tested by |', '| --- | --- | --- | --- |', ...lines].join('\n');
  expect(readFileSync(join(import.meta.dirname, '../../docs/runtimes.md'), 'utf8')).toContain(`\n${table}\n`);
});

it('each row of the table has a test', () => {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.test.ts'));
  const tests = files.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join();
  expect(rows.map(([name]) => name).filter((name) => !tests.includes(`'${name}'`))).toEqual([]);
});
