import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  DataError,
  type InteractionFormat,
  type Interactions,
  type ReadInteractionsOptions,
  Rng,
  readInteractions,
  simulateInteractions,
  writeInteractions,
} from '@recsys/data';
import { zipSync } from 'fflate';
import { type Fault, Tally } from './fault.ts';

interface Size {
  readonly files: number;
  readonly seconds: number;
  readonly seed: number;
}

/** Time limit for reading a file three times, far more than any file of this size needs. */
const longestReadMilliseconds = 60_000;
/** Memory limit, at which a reader that allocates whatever a damaged length asks for runs out of memory. */
const heapMegabytes = 512;

export const fuzzReaders: Fault<Size> = {
  about:
    'a file of real interactions in each format, mutated: it is read or refused with a DataError, within seconds and 512 MB, with the same result for chunks of any size, and every line is either read or counted as skipped',
  short: { files: 400, seconds: 60, seed: 1 },
  long: { files: 1e9, seconds: 600, seed: 2 },
  run: async ({ files, seconds, seed }, report) => {
    const tally = new Tally();
    const readOrRefused = { read: 0, refused: 0 };
    const end = performance.now() + 1000 * seconds;
    for (let next = 0; next < files && performance.now() < end; ) {
      const worker = startWorker(seed, next, files);
      const exit = once(worker, 'exit');
      let watchdog = setTimeout(() => worker.kill('SIGKILL'), 2 * longestReadMilliseconds);
      for await (const line of createInterface({ input: worker.stdout! })) {
        clearTimeout(watchdog);
        const { number, loss, outcome } = JSON.parse(line) as Outcome;
        next = number + 1;
        tally.add(loss);
        readOrRefused[outcome] += 1;
        if (next % 5000 === 0) report(`${next} files`);
        if (performance.now() > end) worker.kill();
        else watchdog = setTimeout(() => worker.kill('SIGKILL'), longestReadMilliseconds);
      }
      clearTimeout(watchdog);
      const [status, signal] = await exit;
      if (status === 0 || signal === 'SIGTERM') continue;
      tally.add(`file ${next} of seed ${seed}: ${signal === 'SIGKILL' ? 'hangs' : `crashes with ${status ?? signal}`}`);
      next += 1;
    }
    return tally.record({ ...readOrRefused, formats: formats.map(({ name }) => name) });
  },
};

interface Outcome {
  readonly number: number;
  readonly loss?: string;
  readonly outcome: 'read' | 'refused';
}

const startWorker = (seed: number, first: number, files: number): ChildProcess => {
  const program = [fileURLToPath(import.meta.url), JSON.stringify({ seed, first, files })];
  return spawn(process.execPath, [`--max-old-space-size=${heapMegabytes}`, '--import', 'tsx', ...program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
};

type Row = { user: string; item: string; timestamp: number };

/** A format: how its rows are written, and how the rows in a mutated text are counted. */
interface FormatUnderTest {
  readonly name: string;
  readonly format: InteractionFormat;
  write(rows: readonly Row[], folder: string): Promise<Uint8Array> | Uint8Array;
  readonly options?: ReadInteractionsOptions;
  /** Returns the number of rows in a text, valid or not; undefined if it does not follow from the lines. */
  countRows?(text: string): number | undefined;
}

const lines = (rows: readonly Row[], toLine: (row: Row) => string, header?: string) =>
  Buffer.from(`${[...(header === undefined ? [] : [header]), ...rows.map(toLine)].join('\n')}\n`);
const written = async (rows: readonly Row[], folder: string, extension: string) => {
  const path = join(folder, `rows.${extension}`);
  await writeInteractions(await readInteractions(rows), path);
  return readFileSync(path);
};
const filledLines = (text: string) => text.split('\n').filter((line) => line.trim() !== '').length;
/** Number of records of a delimited text after its header; undefined with quotes or carriage returns. */
const records = (header: number) => (text: string) =>
  /["\r]/.test(text) ? undefined : text.split('\n').filter((line) => line !== '').length - header;

const csv = (rows: readonly Row[]) =>
  lines(rows, ({ user, item, timestamp }) => `${user},"${item}",${timestamp}`, 'userId,movieId,timestamp');

const formats: readonly FormatUnderTest[] = [
  {
    name: 'text',
    format: 'text',
    write: (rows) => lines(rows, ({ user, item, timestamp }) => `${user} ${item} ${timestamp}`),
    countRows: filledLines,
  },
  {
    name: 'movielens',
    format: 'movielens',
    write: (rows) => lines(rows, ({ user, item, timestamp }) => `${user}::${item}::4::${timestamp}`),
    countRows: filledLines,
  },
  {
    name: 'jsonl',
    format: 'jsonl',
    write: (rows) =>
      lines(rows, ({ user, item, timestamp }) =>
        JSON.stringify({ reviewerID: user, asin: item, overall: 5, unixReviewTime: timestamp }),
      ),
    countRows: filledLines,
  },
  { name: 'csv', format: 'csv', write: csv, countRows: records(1) },
  {
    name: 'tsv',
    format: 'tsv',
    write: (rows) => lines(rows, ({ user, item, timestamp }) => `${user}\t${item}\t${timestamp}`, 'user\titem\ttime'),
    countRows: records(1),
  },
  {
    name: 'recbole',
    format: 'recbole',
    write: (rows) =>
      lines(
        rows,
        ({ user, item, timestamp }) => `${user}\t${item}\t${timestamp}`,
        'user_id:token\titem_id:token\ttimestamp:float',
      ),
    countRows: records(1),
  },
  {
    name: 'amazon-ratings',
    format: 'amazon-ratings',
    write: (rows) => lines(rows, ({ user, item, timestamp }) => `${user},${item},5.0,${timestamp}`),
    countRows: records(0),
  },
  { name: 'csv in gzip', format: 'csv', write: (rows) => gzipSync(csv(rows)) },
  { name: 'csv in zip', format: 'csv', write: (rows) => zipSync({ 'ratings.csv': csv(rows) }) },
  {
    name: 'python-literals',
    format: 'python-literals',
    write: (rows) =>
      lines(
        rows,
        ({ user, item, timestamp }) => `{u'user': u'${user}', u'item': '${item}', 'time': ${timestamp}, 'x': True}`,
      ),
    countRows: filledLines,
  },
  { name: 'parquet', format: 'parquet', write: (rows, folder) => written(rows, folder, 'parquet') },
  { name: 'arrow', format: 'arrow', write: (rows, folder) => written(rows, folder, 'arrow') },
];

/** Real interactions if their file is beside the repository, otherwise simulated ones. */
const someRows = async (): Promise<Row[]> => {
  const real = fileURLToPath(new URL('../../../shared/data/ml-latest-small/ratings.csv', import.meta.url));
  const { table } = existsSync(real)
    ? await readInteractions(real)
    : simulateInteractions({ seed: 1, users: 50, items: 100, meanLength: 10 }).interactions;
  return table.slice(0, 150).objects() as Row[];
};

const marks = [
  '"',
  '\r',
  '\n',
  '\r\n',
  '\t',
  ' ',
  ',',
  '::',
  '\0',
  '\ufeff',
  '{',
  '}',
  '[',
  '1e999',
  'NaN',
  '-1',
  '__proto__',
  '💥',
];

/** Mutates bytes in random places: flips, cuts, repeats or moves them, or inserts text that is hard to parse. */
const mutate = (original: Uint8Array, rng: Rng): Uint8Array<ArrayBuffer> => {
  let bytes = Buffer.from(original);
  for (let times = 1 + rng.below(4); times > 0; times--) {
    const at = rng.below(bytes.length + 1);
    const some = bytes.subarray(at, at + 1 + rng.below(rng.below(4) === 0 ? 2000 : 12));
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const what = rng.below(8);
    if (what === 0) bytes = before;
    else if (what === 1) bytes = Buffer.concat([before, after.subarray(some.length)]);
    else if (what === 2) bytes = Buffer.concat([before, some, after]);
    else if (what === 3) bytes = Buffer.concat([before, Buffer.from(marks[rng.below(marks.length)]), after]);
    else if (what === 4)
      bytes = Buffer.concat([before, Buffer.from(some).fill(rng.below(256)), after.subarray(some.length)]);
    else if (what === 5) bytes = Buffer.concat([some, before, after.subarray(some.length)]);
    else if (at < bytes.length) {
      bytes = Buffer.from(bytes);
      bytes[at] = what === 6 ? rng.below(256) : bytes[at] ^ (1 << rng.below(8));
    }
  }
  return new Uint8Array(bytes);
};

/** Yields bytes in pieces of random size. */
function* inPieces(bytes: Uint8Array, rng: Rng) {
  const longest = 1 + rng.below(300);
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + 1 + rng.below(longest));
    yield piece;
    at += piece.length;
  }
}

/** Reads bytes, and returns the interactions or the DataError; throws other errors. */
const outcomeOf = async (pieces: Iterable<Uint8Array>, options: ReadInteractionsOptions) => {
  try {
    return await readInteractions(Readable.from(pieces), options);
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
};

const rowsOf = ({ table }: Interactions) => JSON.stringify(table.objects({ limit: Number.POSITIVE_INFINITY }));

/** Reads mutated bytes in several ways, and returns the outcome, with a description of what is wrong, if anything. */
const check = async (bytes: Uint8Array<ArrayBuffer>, given: FormatUnderTest, isNamed: boolean, rng: Rng) => {
  const format = isNamed ? { format: given.format } : {};
  const skipped = await outcomeOf([bytes], { ...format, onError: 'skip' });
  const strict = await outcomeOf(inPieces(bytes, rng), format);
  const pieces = await outcomeOf(inPieces(bytes, rng), { ...format, onError: 'skip' });
  const outcome = skipped instanceof DataError ? 'refused' : 'read';
  const loss = (() => {
    if (skipped instanceof DataError || pieces instanceof DataError || strict instanceof DataError) {
      if (skipped instanceof DataError !== pieces instanceof DataError)
        return 'is read whole but not in pieces, or vice versa';
      if (skipped instanceof DataError)
        return strict instanceof DataError ? undefined : 'is read by default but not with skip';
      if (skipped.skipped === 0) return `is refused by default, with nothing to skip: ${(strict as DataError).message}`;
      return undefined;
    }
    if (strict.skipped > 0 || skipped.skipped > 0) return 'is read by default, but lines were skipped';
    return rowsOf(strict) === rowsOf(skipped) ? undefined : 'is read differently in pieces';
  })();
  if (loss !== undefined) return { outcome, loss } as const;
  if (isNamed && !(skipped instanceof DataError)) {
    if (rowsOf(skipped) !== rowsOf(pieces as Interactions))
      return { outcome, loss: 'is read differently in pieces' } as const;
    const text = new TextDecoder().decode(bytes);
    const expected = given.countRows?.(text);
    if (expected !== undefined && skipped.size + skipped.skipped !== expected)
      return { outcome, loss: `has ${expected} rows, ${skipped.size} read and ${skipped.skipped} skipped` } as const;
  }
  return { outcome } as const;
};

/** Reads mutated files one after another, and prints the outcome of each. */
const work = async ({ seed, first, files }: { seed: number; first: number; files: number }) => {
  const folder = mkdtempSync(join(tmpdir(), 'recsys-fuzz-'));
  const rows = await someRows();
  const originals = await Promise.all(formats.map(({ write }) => write(rows, folder)));
  rmSync(folder, { recursive: true });
  for (let number = first; number < files; number++) {
    const rng = new Rng(seed, number);
    // The columnar formats, last in the list, start a process each time they are read, so they are chosen less often.
    const which = rng.below(8) === 0 ? formats.length - 1 - rng.below(2) : rng.below(formats.length - 2);
    const isNamed = rng.below(2) === 0;
    const given = formats[which];
    const result = await check(mutate(originals[which], rng), given, isNamed, rng).catch((error: Error) => ({
      outcome: 'refused' as const,
      loss: `throws ${error.stack}`,
    }));
    const loss =
      result.loss &&
      `file ${number} of seed ${seed}, ${given.name}${isNamed ? '' : ', format detected'}: ${result.loss}`;
    process.stdout.write(`${JSON.stringify({ number, ...result, loss })}\n`);
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await work(JSON.parse(process.argv[2]));
