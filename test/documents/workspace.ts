/** Folders below the root, where packages are found by name, for what documents tell their readers to write and to run. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { simulateInteractions } from '@recsys/data';
import { root } from './code-blocks.ts';
import type { Program, Ran } from './run-programs.ts';

const execute = promisify(execFile);
const runner = join(root, 'test/documents/run-programs.ts');

export class Workspace {
  readonly path: string;
  #lists = 0;

  constructor() {
    const cache = join(root, 'node_modules/.cache');
    mkdirSync(cache, { recursive: true });
    this.path = mkdtempSync(join(cache, 'documents-'));
  }

  /** Writes files by their paths in a folder, and returns the path of the folder. */
  write(folder: string, files: Readonly<Record<string, string>>): string {
    const path = join(this.path, folder);
    mkdirSync(path, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), content);
    }
    return path;
  }

  /** Runs programs in one process, and returns what each printed. */
  async run(programs: readonly Program[]): Promise<Ran[]> {
    const list = join(this.path, `programs-${this.#lists++}.json`);
    writeFileSync(list, JSON.stringify(programs));
    await execute(process.execPath, ['--import', 'tsx', runner, list], { cwd: root });
    return JSON.parse(readFileSync(`${list}.results`, 'utf8')) as Ran[];
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The ids of 40 movies, three of which documents name. */
const movieIds = ['296', '318', '593', ...Array.from({ length: 37 }, (_, i) => String(1000 + i))];

interface Row {
  readonly user: string;
  readonly item: string;
  readonly timestamp: number;
}

/** The files that documents speak of as their readers' own: ratings of movies by 150 users, what is known of the movies, and visits of a shop. */
export const readersFiles = (): Record<string, string> => {
  const { table } = simulateInteractions({ seed: 1, users: 150, items: 40, meanLength: 9 }).interactions;
  const rows = table.objects() as Row[];
  const ratings = rows.map(({ user, item, timestamp }) => {
    const movie = movieIds[Number(item.slice('item-'.length)) - 1];
    return `${user.slice('user-'.length)},${movie},4.5,${timestamp}`;
  });
  const genres = ['Comedy', 'Drama', 'Comedy|Drama'];
  const movies = movieIds.map((id, i) => `${id},Movie ${id},${genres[i % 3]},${1980 + i}`);
  return {
    'ratings.csv': `userId,movieId,rating,timestamp\n${ratings.join('\n')}\n`,
    'movies.csv': `movieId,title,genres,year\n${movies.join('\n')}\n9999,A new movie,Drama,2026\n`,
    'visits.csv': `user,item,timestamp\n${rows.map(({ user, item, timestamp }) => `${user},${item},${timestamp}`).join('\n')}\n`,
    'histories.jsonl': '["296","318"]\n["593"]\n',
    'datasets/ml-1m/ml-1m.csv': 'user,item,timestamp\n1,2,3\n1,4,5\n', // as in the cache
  };
};
