/**
 * Writes recorded results to README.md, RESULTS.md, docs/distributed.md, docs/nightly.md, docs/performance.md, docs/prepare.md, docs/reliability.md, docs/scale.md, docs/demonstrations.md and the learning curves
 * (`pnpm docs:results`), or checks that they are up to date (`pnpm check:docs`, which exits with 1 if they are not).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { recipeTable } from './change-tables.ts';
import { count } from './figures.ts';
import { learningCurves } from './learning-curves.ts';
import { demonstrationsPage } from './pages/demonstrations-page.ts';
import { distributedTable, speedUpTable } from './pages/distributed-table.ts';
import { type Nights, nightsTable } from './pages/nights-table.ts';
import { type PrepareRecord, prepareTable } from './pages/prepare-table.ts';
import { reliabilityPage } from './pages/reliability-page.ts';
import { type ScaleRecords, scaleTable } from './pages/scale-table.ts';
import { serviceTable } from './pages/service-table.ts';
import { readRuns } from './reproduced-runs.ts';
import { curvesOf, resultsPage, summaryTable } from './reproduced-tables.ts';

const folder = new URL('../benchmarks/results/', import.meta.url);
const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
const limitsTable = (): string => {
  const { machine, reading, fullRanking, memory, command } = read('limits.json');
  return [
    `| measured with \`${command}\` on ${machine.cpu}, Node ${machine.node} | |`,
    '| --- | --- |',
    `| read ml-1m.txt (${count(reading.interactions)} lines) into sequences | ${reading.seconds.toFixed(2)} s, ${reading.peakMegabytes} MB at the peak |`,
    `| rank the targets of ${count(fullRanking.users)} ml-1m users among all items, maxLength ${fullRanking.maxLength}, ${fullRanking.backend} | ${fullRanking.seconds.toFixed(1)} s, ${fullRanking.peakMegabytes} MB at the peak |`,
    `| ${memory.steps} training steps and an evaluation | ${memory.tensorsBefore} tensors before, ${memory.tensorsAfter} after; resident ${memory.residentMegabytes[0]} MB at step 250, ${memory.residentMegabytes.at(-2)} MB at step ${memory.steps}, ${memory.residentMegabytes.at(-1)} MB after the evaluation |`,
  ].join('\n');
};

const volumeTable = (): string => {
  const { machine, reading, recommending, command } = read('volume.json');
  const formats = { csv: 'CSV', gzip: 'the same, gzip', parquet: 'the same, Parquet' };
  const readingRow = ([key, name]: [string, string]) => {
    const { interactions, seconds, baseMegabytes, peakMegabytes, decoderPeakMegabytes } = reading[key];
    const decoder =
      decoderPeakMegabytes === undefined ? '' : `, and ${decoderPeakMegabytes} MB in the process that decodes`;
    return `| read ${count(interactions)} interactions, ${name} | ${seconds.toFixed(1)} s, ${peakMegabytes} MB at the peak (${baseMegabytes} MB before)${decoder} |`;
  };
  const { histories, items, seconds, historiesPerSecond, sittings } = recommending;
  const kills = sittings.filter(({ killed }: { killed: boolean }) => killed).length;
  const peak = Math.max(...sittings.map(({ peakMegabytes }: { peakMegabytes: number }) => peakMegabytes));
  return [
    `| measured with \`${command}\` on ${machine.cpu}, Node ${machine.node} | |`,
    '| --- | --- |',
    ...Object.entries(formats).map(readingRow),
    `| \`recsys recommend --input\`, ${count(histories)} histories, ${count(items)} items, killed ${kills} times | ${Math.round(seconds)} s, ${count(historiesPerSecond)} a second, ${peak} MB at the peak |`,
  ].join('\n');
};

interface Serving {
  items: number;
  loadSeconds: number;
  ms: Record<string, number>;
  loop: Record<'sameThread' | 'pool', Record<string, number>>;
}

const servingTable = (): string => {
  const { machine, catalogs, command } = read('serving.json') as {
    machine: { cpu: string; node: string };
    catalogs: Record<string, Serving>;
    command: string;
  };
  const sizes = Object.values(catalogs);
  const row = (what: string, of: (size: Serving) => string) => `| ${what} | ${sizes.map(of).join(' | ')} |`;
  const timed = (what: string, kind: string) =>
    row(what, ({ ms }) => `${ms[kind].toFixed(1)} ms, ${(ms[kind] / ms.none).toFixed(2)} times`);
  const loop = (what: string, thread: 'sameThread' | 'pool') =>
    row(what, ({ loop: { [thread]: own } }) => {
      const delay = [own.delayMedianMs, own.delayP99Ms, own.delayMaxMs].map((ms) => ms.toFixed(1)).join(' / ');
      return `${count(own.requestsPerSecond)} a second, ${delay} ms`;
    });
  return [
    `| measured with \`${command}\` on ${machine.cpu}, Node ${machine.node} | ${sizes.map(({ items }) => `${count(items)} items`).join(' | ')} |`,
    `| --- |${sizes.map(() => ' --- |').join('')}`,
    row('load the model', ({ loadSeconds }) => `${loadSeconds.toFixed(1)} s`),
    row('one request, no filter', ({ ms }) => `${ms.none.toFixed(1)} ms`),
    timed('with six of seven items as candidates, in a prepared filter', 'sixOfSeven'),
    timed('with 500 candidates, in a prepared filter', 'candidates500'),
    timed('with 500 excluded items, in a prepared filter', 'exclude500'),
    timed('with 500 excluded items, as ids', 'exclude500Ids'),
    loop(
      '8 visitors, answered in the same thread: requests; delay of the event loop, median / p99 / largest',
      'sameThread',
    ),
    loop('8 visitors, answered by a pool of two threads', 'pool'),
  ].join('\n');
};

interface Peer {
  version: string;
  stepMs: { median: number };
  ratio: number;
  build?: { torch: string; blas: string };
}
interface Speed {
  stepMs: { median: number };
  usefulGflops: number;
  shareOfPeak?: number;
  tokensPerSecond: number;
  version: string;
  peers?: Record<string, Peer>;
  batchMs: { median: number };
}
interface SpeedFile {
  machine: { cpu: string; node: string };
  // biome-ignore lint/suspicious/noExplicitAny: one file holds results of several kinds
  results: Record<string, any>;
}

const speedFiles = (): SpeedFile[] =>
  readdirSync(folder)
    .filter((file) => file.startsWith('speed-'))
    .sort()
    .map((file) => read(file));

const datasets = [
  ['ml-1m', 'ml-1m, maxLength 200'],
  ['amazon-games', 'amazon-games, maxLength 50'],
] as const;

const speedTable = (): string => {
  const lines = [
    '| training step | native | WebAssembly | PyTorch, eager | PyTorch, packed | tfjs wasm | native against eager, packed | useful GFLOP/s (of the peak) |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const { machine, results } of speedFiles()) {
    for (const [name, what] of datasets) {
      const ours = results[name] as Speed;
      const peer = (of: string): Peer | undefined => ours.peers?.[of];
      const ms = (own: { stepMs: { median: number } } | undefined, digits = 0) =>
        own === undefined ? '' : `${own.stepMs.median.toFixed(digits)} ms`;
      const ratios = ['torch', 'torch-packed'].map((of) => peer(of)?.ratio).filter((ratio) => ratio !== undefined);
      const cells = [
        `${what}, Node ${machine.node}`,
        ms(ours, 1),
        ms(peer('wasm-kernels'), 1),
        ms(peer('torch')),
        ms(peer('torch-packed')),
        ms(results[`${name} on tfjs wasm`] as Speed),
        ratios.map((ratio) => `**${ratio.toFixed(1)}**`).join(', '),
        `${ours.usefulGflops.toFixed(1)}${ours.shareOfPeak === undefined ? '' : ` (${Math.round(100 * ours.shareOfPeak)} %)`}`,
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  const [first] = speedFiles();
  if (first) {
    const build = (first.results['ml-1m'] as Speed).peers?.torch?.build;
    const peer = build === undefined ? '' : `, PyTorch ${build.torch} with ${build.blas}`;
    lines.push('', `Measured with \`PEER=torch,torch-packed pnpm record:speed\` on ${first.machine.cpu}${peer}.`);
  }
  return lines.join('\n');
};

/** Returns the range of the ratios of `speedTable` as a sentence. */
const speedRange = (): string => {
  const range = (peer: string) => {
    const ratios = speedFiles().flatMap(({ results }) =>
      datasets.map(([name]) => (results[name] as Speed).peers?.[peer]?.ratio ?? Number.NaN),
    );
    return [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(0)).join(' to ');
  };
  return `A training step is ${range('torch')} times as fast as in PyTorch with MKL on the same two cores, and ${range('torch-packed')} times as fast as in PyTorch with its tokens packed by hand.`;
};

const growthTable = (): string => {
  const columns = speedFiles().flatMap(({ machine, results }) =>
    ['native', 'wasm'].map((engine) => ({
      title: `Node ${machine.node}, ${engine === 'wasm' ? 'WebAssembly' : engine}`,
      of: (name: string) => results[`${name}, ${engine}`],
    })),
  );
  const lines = [
    `| | ${columns.map(({ title }) => title).join(' | ')} |`,
    `| --- | ${columns.map(() => '--- |').join(' ')}`,
  ];
  // biome-ignore lint/suspicious/noExplicitAny: one file holds results of several kinds
  const row = (what: string, cell: (of: (name: string) => any) => string) =>
    lines.push(`| ${what} | ${columns.map(({ of }) => cell(of)).join(' | ')} |`);
  const steps = (names: readonly string[]) => (of: (name: string) => Speed) =>
    `${names.map((name) => of(name).stepMs.median.toFixed(1)).join(', ')} ms`;
  row('ml-1m step, 1 and 2 threads', steps(['ml-1m, 1 threads', 'ml-1m, 2 threads']));
  row('ml-1m step, maxLength 50, 100, 200, 400', steps([50, 100, 200, 400].map((n) => `ml-1m, maxLength ${n}`)));
  row(
    'step with 10 thousand, 100 thousand, 1 million items',
    steps([10_000, 100_000, 1_000_000].map((n) => `catalog of ${n}`)),
  );
  row('full-ranking evaluation of 6,040 ml-1m users', (of) => `${of('evaluate').seconds.median.toFixed(2)} s`);
  row('recommend, one history of 50 items', (of) => `${of('recommend').oneHistoryMs.median.toFixed(2)} ms`);
  row('recommend, 1,000 ml-1m histories', (of) => `${count(of('recommend').historiesPerSecond)} a second`);
  return lines.join('\n');
};

const exportTable = (): string => {
  const { machine, runtimes, command } = read('export.json') as {
    machine: { cpu: string; node: string };
    runtimes: Record<string, { version: string; largestDifference: number; sameItems: number; requestMs: number }>;
    command: string;
  };
  const rows = Object.entries(runtimes).map(
    ([name, { version, largestDifference, sameItems, requestMs }]) =>
      `| ${name} | ${version} | ${largestDifference.toExponential(1)} | ${(100 * sameItems).toFixed(2)} % | ${requestMs.toFixed(2)} ms |`,
  );
  return [
    '| runtime | version | largest difference | same items in the same place | one request |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `Measured with \`${command}\` on ${machine.cpu}, Node ${machine.node}.`,
  ].join('\n');
};

interface Retrieval {
  recall: number;
  oneQueryMs: number;
  queriesPerSecond: number;
  prepareSeconds?: number;
}

const retrievalTable = (): string => {
  if (!existsSync(new URL('retrieval.json', folder)))
    return 'Not recorded yet: `pnpm record:retrieval` measures recall and speed of each.';
  const { machine, setting, catalogs, command } = read('retrieval.json') as {
    machine: { cpu: string; node: string };
    setting: { units: number; k: number; batch: number };
    catalogs: Record<string, Record<string, Record<string, Retrieval>>>;
    command: string;
  };
  const rows = Object.entries(catalogs).flatMap(([items, engines]) =>
    Object.entries(engines).flatMap(([engine, results]) =>
      Object.entries(results).map(([name, { recall, oneQueryMs, queriesPerSecond, prepareSeconds }]) => {
        const prepare = prepareSeconds === undefined ? '' : `${prepareSeconds} s`;
        return `| ${count(Number(items))} | ${name} | ${engine} | ${recall.toFixed(3)} | ${oneQueryMs.toFixed(1)} ms | ${count(queriesPerSecond)} | ${prepare} |`;
      }),
    ),
  );
  return [
    `| items | best ${setting.k}, ${setting.units} units | engine | recall | one query | queries a second, ${setting.batch} together | to prepare |`,
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `Processor time of one thread, measured with \`${command}\` on ${machine.cpu}, Node ${machine.node}.`,
  ].join('\n');
};

const runs = readRuns();

/** The tables of pages that are written by hand, by the name in their `<!-- results: NAME -->` marks. */
const tables: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'README.md': { reproduced: () => summaryTable(runs), 'speed-range': speedRange },
  'docs/distributed.md': {
    measured: () => distributedTable(read('distributed.json')),
    'speed-up': () => speedUpTable(read('distributed.json'), read('speed-node20.json')),
  },
  'docs/export.md': { export: exportTable, retrieval: retrievalTable },
  'docs/nightly.md': { nights: () => nightsTable(read('nights.json') as Nights) },
  'docs/prepare.md': { prepare: () => prepareTable(read('prepare.json') as PrepareRecord) },
  'docs/scale.md': {
    scale: () =>
      scaleTable({
        prepare: read('prepare.json') as PrepareRecord,
        speed: read('speed-node20.json') as ScaleRecords['speed'],
        volume: read('volume.json') as ScaleRecords['volume'],
        service: read('service.json') as ScaleRecords['service'],
      }),
  },
  'docs/recipe.md': { recipe: () => recipeTable(runs) },
  'docs/performance.md': {
    speed: speedTable,
    growth: growthTable,
    limits: limitsTable,
    volume: volumeTable,
    serving: servingTable,
    service: () => (existsSync(new URL('service.json', folder)) ? serviceTable(read('service.json')) : ''),
  },
};

/** Returns a page with its tables up to date. */
const withTables = (path: string): string => {
  let page = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  for (const [name, table] of Object.entries(tables[path])) {
    const marks = new RegExp(`(<!-- results: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
    if (!marks.test(page)) throw new Error(`${path} has no marks for the ${name} table`);
    page = page.replace(marks, (_, start, end) => `${start}${table()}\n${end}`);
  }
  return page;
};

const documents = new Map([
  ...Object.keys(tables).map((path) => [path, withTables(path)] as const),
  ['RESULTS.md', resultsPage(runs)],
  ['docs/reliability.md', reliabilityPage()],
  ['docs/demonstrations.md', demonstrationsPage()],
  ...[...curvesOf(runs)].map(([path, curves]) => [path, learningCurves(curves)] as const),
]);
const write = process.argv.includes('--write');
for (const [path, content] of documents) {
  const file = new URL(`../${path}`, import.meta.url);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  if (write) {
    mkdirSync(new URL('.', file), { recursive: true });
    writeFileSync(file, content);
  } else {
    console.error(`${path} differs from the recorded results; run pnpm docs:results`);
    process.exitCode = 1;
  }
}
