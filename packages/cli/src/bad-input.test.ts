/** Every kind of bad input that users are known to bring, and the expected error. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { DataError, deduplicate, itemIds, leaveOneOut, readInteractions, toSequences } from '@recsys/data';
import { ItemEmbedding } from '@recsys/layers';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { evaluate, fit } from '@recsys/training';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canFillDisk } from '../../../test/faults/disk-full.ts';
import { sharedCommand } from './test-support.js';

await selectBackend({ prefer: 'cpu' });

const root = mkdtempSync(join(tmpdir(), 'recsys-bad-input-'));
chmodSync(root, 0o755);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const command = fileURLToPath(new URL('../bin/recsys.js', import.meta.url));
const recsys = sharedCommand(root);

const file = (name: string, content: string | Uint8Array) => {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
};

const zip = (entries: Record<string, string>) =>
  zipSync(Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, strToU8(text)])));
const manyLines = Array.from({ length: 3000 }, (_, i) => `user-${i % 50} item-${i % 37}`).join('\n');

describe('files', () => {
  const good = 'u1,i1,1\nu1,i2,2\n';
  const refused: [what: string, name: string, content: string | Uint8Array, message: string | RegExp][] = [
    ['a line with one field', 'one-field.txt', 'u i\nu\n', /one-field\.txt:2: has 1 fields, expected 2/],
    [
      'a time that is no number',
      'time.csv',
      `user,item,timestamp\n${good}u2,i1,noon\n`,
      /time\.csv:4: timestamp "noon" \(column 3\) is not a time/,
    ],
    ['a missing column', 'column.csv', `who,item,timestamp\n${good}`, /column\.csv:1: the header .*user/],
    [
      'invalid UTF-8',
      'latin.txt',
      Buffer.from([0x75, 0x20, 0x69, 0x0a, 0xe9, 0x20, 0x69, 0x0a]),
      /latin\.txt: is not valid UTF-8 at or after line 1/,
    ],
    ['a quote that does not end', 'quote.csv', `user,item,timestamp\n"u1,i1,1\n${good}`, /quote\.csv: .*Quote/i],
    [
      'a gzip cut off',
      'cut.txt.gz',
      gzipSync(manyLines).subarray(0, 200),
      /cut\.txt\.gz: is a damaged or cut-off gzip/,
    ],
    ['an empty file', 'empty.txt', '', /empty\.txt: is empty/],
    ['a header without rows', 'header.csv', 'user,item,timestamp\n', /header\.csv: has no interactions/],
    [
      'a zip entry that points outside its folder',
      'slip.zip',
      zip({ '../../ratings.csv': good }),
      /slip\.zip: .*\.\.\/\.\.\/ratings\.csv/,
    ],
    ['a zip bomb', 'bomb.zip', zip({ 'ratings.txt': 'u i\n'.repeat(2 ** 23) }), /bomb\.zip.*ratings\.txt.*unpack/],
    [
      'a zip cut off',
      'cut.zip',
      zip({ 'ratings.txt': manyLines }).subarray(0, 300),
      /cut\.zip: is a damaged, cut-off or unsafe zip archive/,
    ],
    [
      'a zip of several files',
      'several.zip',
      zip({ 'a.txt': 'u i\n', 'b.txt': 'u i\n' }),
      /several\.zip: is a zip archive of several files; it holds "a\.txt", "b\.txt"\. /,
    ],
    [
      'a damaged Parquet file',
      'cut.parquet',
      'PAR1 and nothing else',
      /cut\.parquet: is a damaged or cut-off Parquet file/,
    ],
    ['a damaged Arrow file', 'cut.arrow', 'ARROW1 and nothing else', /cut\.arrow: is a damaged or cut-off Arrow file/],
  ];
  it.each(refused)('%s is refused with its place', async (_, name, content, message) => {
    const path = file(name, content);
    const read = readInteractions(path);
    await expect(read).rejects.toThrow(message);
    await expect(read).rejects.toBeInstanceOf(DataError);
    const { status, stderr, stdout } = recsys(['data', 'describe', path]);
    expect(stderr).toMatch(/^recsys: /);
    expect(stderr).not.toMatch(/\n\s+at /); // no stack
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  it.each([
    ['a byte-order mark', `\ufeffuser,item,timestamp\n${good}`],
    ['CRLF', `user,item,timestamp\r\n${good.replaceAll('\n', '\r\n')}`],
    ['a quoted line break', 'user,item,timestamp\n"u1","i\n1",1\nu1,i2,2\n'],
  ])('%s is read as what it means', async (_, content) => {
    const { table, skipped } = await readInteractions(file('fine.csv', content));
    expect(table.array('timestamp')).toEqual([1, 2]);
    expect(new Set(table.array('user'))).toEqual(new Set(['u1']));
    expect(skipped).toBe(0);
  });

  it("onError: 'skip' counts what it leaves out, and says so", async () => {
    const path = file('some-bad.txt', 'u a\nu\nu b\nu c d e\nu c\n');
    const { size, skipped } = await readInteractions(path, { onError: 'skip' });
    expect({ size, skipped }).toEqual({ size: 3, skipped: 2 });
    expect(recsys(['data', 'describe', path, '--on-error', 'skip']).stdout).toContain('2 lines skipped');
  });

  it.each([
    ['flags.txt', `${'u a\n'.repeat(100)}u\n`, / Use --on-error skip to skip such lines\.\n$/],
    ['format.txt', 'u a\nu\n', / Use --format if the source has another format than was detected\.\n$/],
    ['order.csv', 'user,item,bought\nu,a,2026-10-01\n', / Use --time bought to order by it, or --no-time if .*\n$/],
    ['flags.csv', 'who,item\nu,a\n', / Use --user, --item, --time to name the columns of your data\.\n$/],
    ['flags.zip', zip({ 'a.txt': 'u i\n', 'b.txt': 'u i\n' }), / Use --entry to name the file to read\.\n$/],
  ])('the command advises flags: %s', (name, content, advice) => {
    expect(recsys(['data', 'describe', file(name, content)]).stderr).toMatch(advice);
  });

  it('a header that would steer the terminal is shown escaped, and cut', () => {
    const { stderr } = recsys(['data', 'describe', file('escape.csv', `a\u001b[2J\u009b,${'b'.repeat(5000)}\n1,2\n`)]);
    expect(stderr).toContain('a\\u001b[2J\\u009b');
    expect(stderr).toMatch(/^[ -~…]+\n$/);
    expect(stderr.length).toBeLessThan(2200);
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk under standard output: one line, no stack', () => {
    const script = `"$0" "$1" data get --list > /dev/full`;
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, command], { encoding: 'utf8' });
    expect(stderr).toMatch(/^recsys: standard output cannot be written: ENOSPC.*\n$/);
    expect(status).toBe(1);
  });

  it('a reader that has seen enough is no failure', () => {
    const script = `{ "$0" "$1" data get --list; echo "status $?" >&2; } | head -c 1`;
    const { stderr } = spawnSync('sh', ['-c', script, process.execPath, command], { encoding: 'utf8' });
    expect(stderr).toBe('status 0\n');
  });

  it('duplicate rows are kept, because people do things twice, and can be removed', async () => {
    const twice = await readInteractions(file('twice.csv', `user,item,timestamp\n${good}${good}`));
    expect(twice.size).toBe(4);
    expect(deduplicate(twice).size).toBe(2);
  });
});

describe('data too small to train on', () => {
  const trained = (name: string, lines: string) =>
    recsys(['train', file(name, lines), '--out', `run-of-${name}`, '--epochs', '1', '--hidden-units', '4']);

  it.each([
    [
      'one item alone',
      'u a\nu a\nu a\nu a\nv a\nv a\nv a\nv a\n',
      /user "v" has interacted with all 1 items; none is left to draw/,
    ],
    [
      'users with a single interaction',
      'u a\nv b\nw c\n',
      /none of 3 users has 2 training interactions; leave-one-out needs users with 4 or more/,
    ],
    [
      'users without two training interactions',
      'u a\nu b\nu c\nv a\nv b\nv c\n',
      /none of 2 users has 2 training interactions/,
    ],
  ])('%s', (_, lines, message) => {
    const { status, stderr } = trained('small.txt', lines);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
    rmSync(join(root, 'run-of-small.txt'), { recursive: true, force: true });
  });

  it('one user alone trains', () => {
    const { status, stderr } = trained('one-user.txt', 'u a\nu b\nu c\nu d\nu e\n');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('options', () => {
  const catalog = itemIds(['a', 'b', 'c', 'd', 'e']);
  const model = new SASRec({ catalog, hiddenUnits: 4, maxLength: 4 });
  const lines = ['u a b c d', 'v b c d e', 'w e a c b'].flatMap((line) => {
    const [user, ...rest] = line.split(' ');
    return rest.map((item) => ({ user: user!, item }));
  });
  let split: ReturnType<typeof leaveOneOut>;
  beforeAll(async () => {
    split = leaveOneOut(toSequences(await readInteractions(lines)));
  });

  it.each([
    [
      'hiddenUnits not divisible by heads',
      { hiddenUnits: 10, numHeads: 3 },
      'hiddenUnits (10) must be divisible by numHeads (3)',
    ],
    ['NaN units', { hiddenUnits: Number.NaN }, 'SASRec: option hiddenUnits: '],
    ['negative length', { maxLength: -5 }, 'SASRec: option maxLength: Too small: expected number to be >=1, got -5'],
    ['a rate of 1', { dropoutRate: 1 }, 'SASRec: option dropoutRate: '],
    [
      'more weights than can be held',
      { hiddenUnits: 1e9 },
      'SASRec: hiddenUnits 1000000000 with 2 blocks and 5 items make 1.0e+19 weights',
    ],
    ['an unknown option', { hidenUnits: 4 }, 'SASRec: unknown option hidenUnits'],
  ])('SASRec: %s', (_, options, message) => {
    expect(() => new SASRec({ catalog, ...options } as never)).toThrow(message);
  });

  it('2^31 items', () => {
    expect(() => new ItemEmbedding({ numItems: 2 ** 31, units: 1 })).toThrow(
      'ItemEmbedding: numItems must be an integer from 1 to 2147483646, got 2147483648',
    );
  });

  it.each([
    ['NaN learning rate', { learningRate: Number.NaN }, 'fit: option learningRate'],
    [
      'negative learning rate',
      { learningRate: -1 },
      'fit: option learningRate: Too small: expected number to be >0, got -1',
    ],
    ['no epochs', { epochs: 0 }, 'fit: option epochs: Too small: expected number to be >=1, got 0'],
    ['half a batch', { batchSize: 0.5 }, 'fit: option batchSize'],
    ['an unknown option', { epoch: 3 }, 'epoch'],
  ])('fit: %s', async (_, options, message) => {
    await expect(fit(model, split, { epochs: 1, seed: 1, ...options } as never)).rejects.toThrow(message);
  });

  it.each([
    ['full', 0, 'evaluate: option k.0: Too small: expected number to be >=1, got 0'],
    ['full', 6, 'evaluate: k must be at most 5, the size of the catalog, got 6'],
    ['sampled', 102, 'evaluate: k must be at most 101, the target and its negatives, got 102'],
  ] as const)('evaluate: %s with k = %d', async (protocol, k, message) => {
    await expect(evaluate(model, split.test, { protocol, k: [k] })).rejects.toThrow(message);
  });

  it.each([
    ['k = 0', ['a'], 0, 'recommend: k must be an integer from 1 to 5, the size of the catalog, got 0'],
    ['k above the catalog', ['a'], 6, 'recommend: k must be an integer from 1 to 5, the size of the catalog, got 6'],
    ['unknown items', ['x', 'a'], 2, 'recommend: the history has an item that the model does not know: "x"'],
  ])('recommend: %s', (_, history, k, message) => {
    expect(() => model.recommend(history, { k })).toThrow(message);
  });

  it('recommend: unknown items are skipped, and told', () => {
    const unknown: unknown[] = [];
    const known = model.recommend(['a', 'b'], { k: 2 });
    const mixed = model.recommend(['a', 'x', 'b'], { k: 2, onUnknownItems: (items) => unknown.push(...items) });
    expect(mixed).toEqual(known);
    expect(unknown).toEqual(['x']);
    expect(() => model.recommend(['x', 'y'], { k: 2, onUnknownItems: () => {} })).toThrow(
      'recommend: the history has no item that the model knows',
    );
  });
});

describe('the command', () => {
  const data = file('data.txt', manyLines);

  it.each([
    ['__proto__', '{"__proto__": {"epochs": 3}}', 'unknown option "__proto__"'],
    ['constructor', '{"constructor": 1}', 'unknown option "constructor"'],
    ['a list', '[1]', 'must hold a JSON object of options'],
    ['no JSON', '{epochs: 3}', 'cannot be read as JSON'],
    ['a word for a number', '{"epochs": "many"}', 'option epochs must be a number, got "many"'],
  ])('--config with %s', (_, config, message) => {
    const { status, stderr } = recsys(['train', data, '--config', file('config.json', config)]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it('recommend: histories and counts that cannot be', () => {
    recsys(['train', file('ten.txt', 'u a\nu b\nu c\nu d\nv b\nv c\nv d\nv a\n'), '--out', 'ten', '--epochs', '1']);
    const refusal = (...args: string[]) => {
      const { status, stderr } = recsys(['recommend', 'ten', ...args]);
      return `${status}: ${stderr.trim().split('\n').at(-1)}`;
    };
    expect(refusal('--history', 'a,,b')).toBe('2: recsys: --history must be items separated by commas, got "a,,b"');
    expect(refusal('--history', 'x,y')).toBe(
      '1: recsys: recommend: the history has no item that the model knows. Use --fallback popular to recommend popular items then.',
    );
    expect(refusal('--history', 'a', '--k', '0')).toContain(
      'k must be an integer from 1 to 4, the size of the catalog, got 0',
    );
    expect(refusal('--history', 'a', '--k', '5')).toContain(
      'k must be an integer from 1 to 4, the size of the catalog, got 5',
    );
    expect(recsys(['recommend', 'ten', '--history', 'a']).stdout.trim().split('\n')).toHaveLength(2 + 3); // not a itself
  });

  /** Runs as a user who may write nowhere but in folders of their own. */
  const asNobody = (...args: string[]) =>
    spawnSync(process.execPath, [command, ...args], {
      cwd: root,
      encoding: 'utf8',
      ...(process.getuid?.() === 0 && { uid: 65534, gid: 65534 }),
    });

  it.skipIf(process.platform === 'win32')('without the permission to write: nothing is left', () => {
    const folder = join(root, 'locked');
    mkdirSync(folder, { mode: 0o555 });
    const train = asNobody('train', data, '--no-time', '--out', join(folder, 'run'), '--epochs', '1');
    expect(train.stderr).toMatch(/^recsys: .*locked\/run: cannot be created: EACCES/m);
    const convert = asNobody('data', 'convert', data, join(folder, 'out.csv'), '--no-time');
    expect(convert.stderr).toMatch(/^recsys: .*out\.csv: cannot be written: EACCES/m);
    expect([train.status, convert.status]).toEqual([1, 1]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(!canFillDisk())('a full disk while converting: nothing half-written is left', () => {
    const disk = join(root, 'disk');
    mkdirSync(disk);
    const script = [
      `mount -t tmpfs -o size=16k tmpfs ${disk}`,
      `${process.execPath} ${command} data convert ${data} ${join(disk, 'out.csv')} --no-time`,
      'echo "status $?"',
      `echo "left: $(ls -A ${disk})"`,
    ].join('; ');
    const { stdout, stderr } = spawnSync('unshare', ['--mount', '--map-root-user', 'sh', '-c', script], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^recsys: .*out\.csv: cannot be written: ENOSPC/m);
    expect(stdout).toMatch(/^status 1\nleft: \n$/m);
  });
});
