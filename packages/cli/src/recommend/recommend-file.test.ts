import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Id, itemIds, Rng } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, sharedCommand } from '../test-support.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-recommend-'));
afterAll(() => rmSync(root, { recursive: true }));

const at = (name: string) => join(root, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const shared = sharedCommand(root);
const recommend = (...given: string[]) => shared(['recommend', 'model', '--k', '3', ...given]);
const start = (...given: string[]) =>
  spawn(process.execPath, [cli, 'recommend', 'model', '--k', '3', ...given], { cwd: root, stdio: 'ignore' });

const rng = new Rng(3);
const histories = Array.from({ length: 20_500 }, () =>
  Array.from({ length: 1 + rng.below(12) }, () => `item-${1 + rng.below(40)}`),
);
const writeLines = (name: string, values: readonly unknown[]) =>
  writeFileSync(at(name), values.map((value) => `${JSON.stringify(value)}\n`).join(''));

await selectBackend({ prefer: 'cpu' });
const model = new SASRec({
  catalog: itemIds(Array.from({ length: 40 }, (_, i) => `item-${i + 1}`)),
  maxLength: 8,
  hiddenUnits: 8,
  seed: 1,
});
beforeAll(async () => {
  await model.save(at('model'));
  await new SASRec({ ...model.config, seed: 2 }).save(at('other-model'));
  writeLines('many.jsonl', histories);
  writeLines('few.jsonl', histories.slice(0, 20));
  symlinkSync('loop.jsonl', join(root, 'loop.jsonl'));
  expect(recommend('--input', 'many.jsonl', '--output', 'whole.jsonl')).toMatchObject({ status: 0 });
});

interface Journal {
  bytes: number;
  progress: { lines: number };
}
const journalOf = (output: string): Journal => JSON.parse(read(`${output}.partial.json`));

/** Waits until a process has this many lines on disk; it must not have ended by then. */
const linesDone = async (child: ChildProcess, output: string, lines: number): Promise<void> => {
  while (!existsSync(at(`${output}.partial.json`)) || journalOf(output).progress.lines < lines) {
    expect(child.exitCode).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

describe('recsys recommend --input', () => {
  it('answers line n by line n, with what the library gives', () => {
    const lines = read('whole.jsonl').trimEnd().split('\n');
    expect(lines).toHaveLength(histories.length);
    model.recommendBatch(histories.slice(0, 300), { k: 3 }).forEach((expected, i) => {
      const given = JSON.parse(lines[i]) as { item: Id; score: number }[];
      expect(given.map(({ item }) => item)).toEqual(expected.map(({ item }) => item));
      given.forEach(({ score }, place) => {
        expect(score).toBeCloseTo(expected[place].score, 4);
      });
    });
    const printed = spawnSync(process.execPath, [cli, 'recommend', 'model', '--k', '3', '--input', 'many.jsonl'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    expect(printed.stdout === read('whole.jsonl')).toBe(true);
    expect(printed.stderr).toBe('recommended for 20,500 histories\n');
  });

  it('kill -9 at any moment, again and again: ends with the bytes of a run that was not killed', async () => {
    for (const lines of [0, 1000, 3000, 8000, 14000]) {
      const child = start('--input', 'many.jsonl', '--output', 'killed.jsonl');
      await linesDone(child, 'killed.jsonl', lines);
      await new Promise((resolve) => setTimeout(resolve, rng.float() * 20));
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(existsSync(at('killed.jsonl'))).toBe(false);
      expect(read('killed.jsonl.partial').length).toBeGreaterThanOrEqual(journalOf('killed.jsonl').bytes);
    }
    const last = recommend('--input', 'many.jsonl', '--output', 'killed.jsonl');
    expect(last.stderr).toMatch(/^resumed after \d+,000 lines\nrecommended for 20,500 histories\n$/);
    expect(read('killed.jsonl') === read('whole.jsonl')).toBe(true);
    expect(readdirSync(root).filter((name) => name.startsWith('killed.jsonl'))).toEqual(['killed.jsonl']);
  });

  it('a second process on an output: refused, and the first ends as if it had been alone', async () => {
    const child = start('--input', 'many.jsonl', '--output', 'shared.jsonl');
    await linesDone(child, 'shared.jsonl', 1000);
    child.kill('SIGSTOP');
    expect(recommend('--input', 'many.jsonl', '--output', 'shared.jsonl', '--restart')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        new RegExp(
          `^recsys: shared\\.jsonl: is in use by process ${child.pid}\\S*\\. If that process is gone, remove shared\\.jsonl\\.in-use-by-\\S+\\.\\n$`,
        ),
      ),
    });
    child.kill('SIGCONT');
    const [status] = await once(child, 'close');
    expect(status).toBe(0);
    expect(read('shared.jsonl') === read('whole.jsonl')).toBe(true);
    expect(readdirSync(root).filter((name) => name.startsWith('shared.jsonl'))).toEqual(['shared.jsonl']);
  });

  it('a disk that is full: one line that says so, and the same command resumes it when it is not', () => {
    // The largest file may have 400 blocks of 512 bytes; a write beyond fails as on a full disk.
    const script = `trap '' XFSZ; ulimit -f 400; exec "$0" "$@"`;
    const args = [cli, 'recommend', 'model', '--k', '3', '--input', 'many.jsonl', '--output', 'full.jsonl'];
    const full = spawnSync('sh', ['-c', script, process.execPath, ...args], { cwd: root, encoding: 'utf8' });
    expect(full.stderr).toMatch(/^recsys: full\.jsonl: cannot be written: EFBIG.*\n$/);
    expect(full.status).toBe(1);
    expect(journalOf('full.jsonl').progress.lines).toBeGreaterThan(0);
    expect(recommend('--input', 'many.jsonl', '--output', 'full.jsonl').status).toBe(0);
    expect(read('full.jsonl') === read('whole.jsonl')).toBe(true);
  });

  it('refuses to resume with another input, model or option, and says what differs; --restart starts over', async () => {
    const child = start('--input', 'many.jsonl', '--output', 'changed.jsonl');
    await linesDone(child, 'changed.jsonl', 2000);
    child.kill('SIGKILL');
    await once(child, 'close');
    const refused = (message: RegExp, ...given: string[]) => {
      const result = recommend('--output', 'changed.jsonl', ...given);
      expect(result.stderr).toMatch(message);
      expect(result.status).toBe(2);
    };
    writeLines('changed-input.jsonl', histories.with(-1, ['item-7']));
    refused(
      /was started with different settings: input was \d+ bytes of sha256 \w+, now/,
      '--input',
      'changed-input.jsonl',
    );
    refused(/: --k was 3, now 4\. /, '--input', 'many.jsonl', '--k', '4');
    refused(/: --include-seen was false, now true\. /, '--input', 'many.jsonl', '--include-seen');
    refused(
      /: candidates was all, now 1 items of sha256 [0-9a-f]{64}\. /,
      '--input',
      'many.jsonl',
      '--candidates',
      'item-1',
    );
    refused(/: engine was simd [a-z0-9-]+, now cpu\. /, '--input', 'many.jsonl', '--backend', 'cpu');
    rmSync(at('model'), { recursive: true });
    spawnSync('cp', ['-r', at('other-model'), at('model')]);
    refused(/: model was sha256 \w+, now sha256 \w+\. /, '--input', 'many.jsonl');
    rmSync(at('model'), { recursive: true });
    await model.save(at('model'));
    expect(recommend('--input', 'few.jsonl', '--output', 'changed.jsonl', '--restart').status).toBe(0);
    expect(read('changed.jsonl')).toBe(`${read('whole.jsonl').split('\n').slice(0, 20).join('\n')}\n`);
  });

  it('refuses an output that is there, but for --overwrite', () => {
    writeFileSync(at('there.jsonl'), 'mine\n');
    expect(recommend('--input', 'few.jsonl', '--output', 'there.jsonl')).toMatchObject({
      status: 2,
      stderr: 'recsys: there.jsonl: already exists; use --overwrite, or another --output\n',
    });
    expect(read('there.jsonl')).toBe('mine\n');
    expect(recommend('--input', 'few.jsonl', '--output', 'there.jsonl', '--overwrite').status).toBe(0);
    expect(read('there.jsonl').split('\n')).toHaveLength(21);
  });

  it('repeats id or user, and reads gzip and Parquet alike', () => {
    const rows = histories.slice(0, 2500).map((history, i) => ({ id: i, history }));
    writeLines('named.jsonl', rows);
    writeLines('users.jsonl', [{ user: 'u-1', history: histories[0] }]);
    writeFileSync(at('named.jsonl.gz'), gzipSync(read('named.jsonl')));
    parquetWriteFile({
      filename: at('named.parquet'),
      rowGroupSize: 700,
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
        { name: 'history', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', repetition_type: 'OPTIONAL', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
      ],
      columnData: [
        { name: 'id', data: rows.map(({ id }) => BigInt(id)) },
        { name: 'history', data: rows.map(({ history }) => history) },
      ],
    });
    for (const input of ['named.jsonl', 'named.jsonl.gz', 'named.parquet'])
      expect(recommend('--input', input, '--output', `${input}.out`)).toMatchObject({
        stderr: expect.any(String),
        status: 0,
      });
    const whole = read('whole.jsonl').split('\n');
    read('named.jsonl.out')
      .trimEnd()
      .split('\n')
      .forEach((line, id) => {
        expect(line).toBe(`{"id":${id},"recommendations":${whole[id]}}`);
      });
    expect(read('named.jsonl.gz.out')).toBe(read('named.jsonl.out'));
    expect(read('named.parquet.out')).toBe(read('named.jsonl.out'));
    expect(recommend('--input', 'users.jsonl').stdout).toMatch(
      /^\{"user":"u-1","recommendations":\[\{"item":.*\]\}\n$/,
    );
  });

  it('bad lines: an error with file and line; or null in their place, resumed after the error', () => {
    const lines = histories.slice(0, 1500).map((history) => JSON.stringify(history));
    writeFileSync(at('bad.jsonl'), [...lines, '[]', '["item-1"]', '["nothing"]', '["item-2"]'].join('\n'));
    const thrown = recommend('--input', 'bad.jsonl', '--output', 'bad.out');
    expect(thrown.stderr).toBe(
      'recsys: bad.jsonl:1501: must be a non-empty array of items, or { "history": [...] }, got []. Use --on-error skip to write null for such lines.\n',
    );
    expect(thrown.status).toBe(2);
    expect(existsSync(at('bad.out'))).toBe(false);
    const skipped = recommend('--input', 'bad.jsonl', '--output', 'bad.out', '--on-error', 'skip');
    expect(skipped.stderr).toBe(
      'resumed after 1,000 lines\nwrote null for 2 bad lines\nrecommended for 1,502 histories\n',
    );
    const answers = read('bad.out').split('\n').slice(1500);
    expect(answers.map((answer) => answer === 'null')).toEqual([true, false, true, false, false]);
    writeLines('nothing.jsonl', [['item-1'], ['nothing']]);
    expect(recommend('--input', 'nothing.jsonl').stderr).toContain(
      'nothing.jsonl:2: has no item that the model knows; got nothing',
    );
  });

  it('ends well when no one reads its remarks', async () => {
    const given = ['--input', 'few.jsonl', '--output', 'unread.jsonl'];
    const child = spawn(process.execPath, [cli, 'recommend', 'model', '--k', '3', ...given], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.destroy();
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(read('unread.jsonl').trimEnd().split('\n')).toHaveLength(20);
  });

  it('says once which items were skipped', () => {
    writeLines('unknown.jsonl', [['item-1', 'x'], ['item-2', 'y', 'x'], ['item-3']]);
    expect(recommend('--input', 'unknown.jsonl').stderr).toBe(
      'skipped 3 items that the model does not know; the first: x, y\nrecommended for 3 histories\n',
    );
  });

  it.each([
    [['--input', 'few.jsonl', '--output', 'x.jsonl', '--k', '0'], 1, 'k must be an integer from 1 to 40'],
    [['--input', 'few.jsonl', '--output', 'x.jsonl', '--k', '41'], 1, 'k must be an integer from 1 to 40'],
    [
      ['--input', 'few.jsonl', '--output', 'x.jsonl', '--candidates', 'x'],
      2,
      'the model knows none of the --candidates',
    ],
    [['--input', 'few.jsonl', '--output', 'x.parquet'], 2, 'the output is plain JSON lines; use the extension .jsonl'],
    [['--input', 'few.jsonl', '--output', 'no/x.jsonl'], 1, 'no/x.jsonl: cannot be written: ENOENT'],
    [['--input', 'none.jsonl', '--output', 'x.jsonl'], 2, 'none.jsonl: cannot be read: ENOENT'],
    [['--input', 'none.jsonl'], 1, 'none.jsonl: cannot be read: ENOENT'],
    [
      ['--input', '/dev/null', '--output', 'x.jsonl'],
      2,
      '/dev/null: is not a regular file, so its output could not be resumed',
    ],
    [
      ['--input', 'few.jsonl', '--output', '/dev/full'],
      2,
      '/dev/full: is not a regular file, so it could not be resumed',
    ],
    [['--input', 'few.jsonl', '--output', 'loop.jsonl'], 1, 'loop.jsonl: cannot be written: ELOOP'],
    [['--input', 'few.jsonl', '--output', './few.jsonl', '--overwrite'], 2, 'few.jsonl: is the --input itself'],
    [['--history', 'item-1', '--restart'], 2, '--restart and --overwrite need --output'],
    [['--history', 'item-1', '--on-error', 'skip'], 2, '--on-error needs --input'],
  ])('%j exits with %d, one line that says why, and no file', (given, status, message) => {
    const result = recommend(...given);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain('    at ');
    expect(result.status).toBe(status);
    expect(readdirSync(root).filter((name) => name.startsWith('x.'))).toEqual([]);
  });
});
