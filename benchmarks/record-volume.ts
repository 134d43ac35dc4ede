/**
 * Measures large data: `pnpm record:volume` reads 10 million interactions as CSV, gzip and Parquet, each in a separate
 * process, and runs `recsys recommend` on a million histories, which is killed and resumed twice. Writes
 * `benchmarks/results/volume.json`. Needs Linux (the peak memory of other processes is read from /proc), 5 GB in the
 * temporary folder, and about ten minutes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { itemIds, Rng, readInteractions, writeInteractions } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { preset, SASRec } from '@recsys/sasrec';
import { runInChild } from './support/child.ts';
import { describeMachine } from './support/machine.ts';
import { peakMegabytes, peakMegabytesOf } from './support/peak-memory.ts';
import { secondsSince } from './support/seconds-since.ts';
import { writeRecord } from './support/write-record.ts';

const users = 500_000;
const interactionsPerUser = 20;
const items = 100_000;
const histories = 1_000_000;
/** Number of items in ml-1m. */
const catalog = 3416;
/**
 * Lines in each part of the output that is compared with an uninterrupted run; a multiple of the command's block size.
 */
const compared = 20_000;

const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);

/** Writes lines, a megabyte at a time. */
const writeLines = (path: string, lines: Iterable<string>): void => {
  const file = openSync(path, 'w');
  let piece = '';
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < 2 ** 20) continue;
    writeSync(file, piece);
    piece = '';
  }
  writeSync(file, piece);
  closeSync(file);
};

function* interactionLines(): Generator<string> {
  const rng = new Rng(1);
  yield 'user,item,timestamp';
  for (let round = 0; round < interactionsPerUser; round++)
    for (let user = 0; user < users; user++)
      yield `user-${user},item-${rng.below(items)},${1_500_000_000 + round * users + user}`;
}

/** Histories of 5 to 200 items: the logarithm of the length is uniform, and some items are more popular than others. */
function* historyLines(): Generator<string> {
  const rng = new Rng(2);
  for (let id = 0; id < histories; id++) {
    const length = Math.floor(5 * (201 / 5) ** rng.float());
    const history = Array.from({ length }, () => `item-${1 + Math.floor(catalog * rng.float() ** 2)}`);
    yield JSON.stringify({ id, history });
  }
}

/** Steps that run in separate processes. */
const steps: Record<string, (path: string) => Promise<object>> = {
  csv: async (path) => {
    writeLines(path, interactionLines());
    await pipeline(createReadStream(path), createGzip({ level: 1 }), createWriteStream(`${path}.gz`));
    return {};
  },
  parquet: async (path) => {
    await writeInteractions(await readInteractions(path.replace('.parquet', '.csv')), path);
    return {};
  },
  read: async (path) => {
    const baseMegabytes = megabytes(process.memoryUsage.rss());
    let decoderPeakMegabytes = 0;
    const watch = setInterval(() => {
      decoderPeakMegabytes = Math.max(decoderPeakMegabytes, ...decoders().map(peakMegabytesOf));
    }, 20);
    const start = performance.now();
    const { size } = await readInteractions(path);
    const seconds = secondsSince(start);
    clearInterval(watch);
    return {
      interactions: size,
      seconds,
      rowsPerSecond: Math.round(size / seconds),
      baseMegabytes,
      peakMegabytes: peakMegabytes(),
      ...(decoderPeakMegabytes > 0 && { decoderPeakMegabytes }),
    };
  },
  model: async (path) => {
    await selectBackend();
    const ids = itemIds(Array.from({ length: catalog }, (_, i) => `item-${i + 1}`));
    await new SASRec({ ...preset('paper-ml-1m').model, catalog: ids, seed: 1 }).save(path);
    return {};
  },
  histories: async (path) => {
    writeLines(path, historyLines());
    return {};
  },
};

const self = fileURLToPath(import.meta.url);
const runStep = (name: string, path: string): object => runInChild(self, [name, path]);

const recordReading = (folder: string) => {
  const csv = join(folder, 'interactions.csv');
  const parquet = join(folder, 'interactions.parquet');
  runStep('csv', csv);
  runStep('parquet', parquet);
  const results = { csv: runStep('read', csv), gzip: runStep('read', `${csv}.gz`), parquet: runStep('read', parquet) };
  for (const path of [csv, `${csv}.gz`, parquet]) rmSync(path);
  return { users, items, ...results };
};

const cli = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));

/** Runs one process of the command until it exits, or until this many lines are on disk, when it is killed. */
const runProcess = async (folder: string, [input, output]: [string, string], killAt = Number.POSITIVE_INFINITY) => {
  const start = performance.now();
  const args = ['recommend', 'model', '--backend', 'simd', '--input', input, '--output', output];
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const closed = once(child, 'close');
  let peak = 0;
  let lines = 0;
  while (isRunning(child)) {
    peak = Math.max(peak, peakMegabytesOf(child.pid!));
    lines = Math.max(lines, linesDone(join(folder, output)));
    if (lines >= killAt) child.kill('SIGKILL');
    await sleep(50);
  }
  await closed;
  if (child.exitCode !== 0 && lines < killAt) throw new Error(`recsys recommend exited with ${child.exitCode}`);
  return { killed: child.signalCode === 'SIGKILL', lines, seconds: secondsSince(start), peakMegabytes: peak };
};

const isRunning = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;

/** Returns the child processes of this one that decode a Parquet file. */
const decoders = (): number[] =>
  readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((pid) => pid !== '' && commandOf(pid).includes('columnar-process'))
    .map(Number);

const commandOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};

/** Returns the number of finished lines according to the journal of an output; 0 if there is none. */
const linesDone = (output: string): number => {
  try {
    return JSON.parse(readFileSync(`${output}.partial.json`, 'utf8')).progress.lines;
  } catch {
    return 0;
  }
};

const recordRecommending = async (folder: string) => {
  runStep('model', join(folder, 'model'));
  runStep('histories', join(folder, 'histories.jsonl'));
  const files: [string, string] = ['histories.jsonl', 'recommendations.jsonl'];
  const kills = [Math.floor(histories / 3), Math.floor((2 * histories) / 3)];
  const processes = [];
  for (const killAt of [...kills, undefined]) {
    processes.push(await runProcess(folder, files, killAt));
    console.log('recommend', JSON.stringify(processes.at(-1)));
  }
  const seconds = processes.reduce((sum, process) => sum + process.seconds, 0);

  // Compare parts at the start and around each kill with the output of an uninterrupted run on these parts.
  const starts = [0, ...processes.slice(0, -1).map(({ lines }) => lines - compared / 2)];
  const isCompared = (line: number) => starts.some((start) => line >= start && line < start + compared);
  const { part: input } = await takeLines(join(folder, files[0]), isCompared);
  writeLines(join(folder, 'part.jsonl'), input);
  await runProcess(folder, ['part.jsonl', 'expected.jsonl']);
  const { part: expected } = await takeLines(join(folder, 'expected.jsonl'), () => true);
  const { part: given, lines } = await takeLines(join(folder, files[1]), isCompared);
  const different = expected.filter((line, i) => line !== given[i]).length;
  if (lines !== histories || given.length !== expected.length || different > 0)
    throw new Error(`the output has ${lines} lines, and ${different} of ${expected.length} differ`);
  return {
    histories,
    items: catalog,
    sittings: processes,
    seconds: Math.round(seconds * 1000) / 1000,
    historiesPerSecond: Math.round(histories / seconds),
    outputLines: lines,
    comparedWithoutKill: { lines: expected.length, different },
  };
};

/** Returns the selected lines of a file, and the number of all lines. */
const takeLines = async (path: string, isWanted: (line: number) => boolean) => {
  const part: string[] = [];
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) if (isWanted(lines++)) part.push(line);
  return { part, lines };
};

const [step, path] = process.argv.slice(2);
if (step !== undefined && path !== undefined) {
  console.log(JSON.stringify(await steps[step](path)));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'recsys-volume-'));
  try {
    const machine = describeMachine();
    const reading = recordReading(folder);
    console.log('reading', JSON.stringify(reading));
    const recommending = await recordRecommending(folder);
    const results = fileURLToPath(new URL('results/volume.json', import.meta.url));
    writeRecord(results, { command: 'pnpm record:volume', machine, reading, recommending });
    console.log(`wrote ${results}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
