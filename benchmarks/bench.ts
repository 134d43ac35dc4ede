/**
 * Measures training, evaluation, recommendation or single kernels, optionally compared with another library, a peer:
 * `pnpm bench train|evaluate|recommend|kernels [options]`. Each measurement runs in a separate process; with a peer, the
 * two alternate.
 */
import { parseArgs } from 'node:util';
import { lossNames } from '@recsys/training';
import { describeMachine } from './support/machine.ts';
import { type BenchOptions, measure, measureTorch, median, type TrainMeasurement } from './support/measure.ts';

const help = `pnpm bench train|evaluate|recommend|kernels [options]

  --dataset FILE        lines of "user item" (default ../shared/data/ml-1m.txt)
  --max-length N        number of newest items of a history to use (default 200)
  --hidden-units N      (default 50)
  --batch-size N        users per training step (default 128)
  --dropout-rate R      (default 0.2)
  --backend NAME        simd, wasm, cpu or tensorflow (default simd)
  --threads N           (default one per core)
  --engine NAME         native or wasm kernels of the simd backend (default native where they load)
  --steps N             training steps to time, after the same number of warm-up steps (default 30)
  --loss NAME           train: as in recsys train (default bce)
  --num-negatives N     train: negatives of the loss (default its own)
  --sparse              train: lazy Adam on the embedding tables
  --catalog N           train: 20,000 users with 60 random items of N each, instead of a file
  --peer LIST           train: of torch, torch-packed, tfjs-wasm, tfjs-node and wasm-kernels (ours); they take turns
  --rounds N            train with peers: measurements of each (default 2)
  --json                one line of JSON

Examples
  pnpm bench train --dataset ../shared/data/ml-1m.txt --max-length 200 --peer torch
  pnpm bench train --dataset ../shared/data/amazon-games.txt --max-length 50 --dropout-rate 0.5 --peer torch
  pnpm bench evaluate
`;

const integer = (name: string, value: string): number => {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) usage(`--${name} must be an integer >= 1, got ${value}`);
  return number;
};
const usage = (message: string): never => {
  console.error(`bench: ${message}. See pnpm bench --help`);
  process.exit(2);
};

const parse = () => {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: {
        dataset: { type: 'string', default: '../shared/data/ml-1m.txt' },
        'max-length': { type: 'string', default: '200' },
        'hidden-units': { type: 'string', default: '50' },
        'batch-size': { type: 'string', default: '128' },
        'dropout-rate': { type: 'string', default: '0.2' },
        backend: { type: 'string', default: 'simd' },
        threads: { type: 'string' },
        engine: { type: 'string' },
        steps: { type: 'string', default: '30' },
        loss: { type: 'string', default: 'bce' },
        'num-negatives': { type: 'string' },
        sparse: { type: 'boolean', default: false },
        catalog: { type: 'string' },
        peer: { type: 'string' },
        rounds: { type: 'string', default: '2' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return usage((error as Error).message);
  }
};

const { values, positionals } = parse();
const [task] = positionals;
if (values.help || task === undefined) {
  console.log(help);
  process.exit(values.help ? 0 : 2);
}
if (!['train', 'evaluate', 'recommend', 'kernels'].includes(task)) usage(`unknown task: ${task}`);
const dropoutRate = Number(values['dropout-rate']);
if (!(dropoutRate >= 0 && dropoutRate < 1)) usage(`--dropout-rate must be in [0, 1), got ${values['dropout-rate']}`);

if (!lossNames.includes(values.loss)) usage(`--loss must be one of ${lossNames.join(', ')}, got ${values.loss}`);

if (values.engine !== undefined && !['native', 'wasm'].includes(values.engine))
  usage(`--engine must be native or wasm, got ${values.engine}`);

const options: BenchOptions = {
  task: task as BenchOptions['task'],
  dataset: values.dataset,
  maxLength: integer('max-length', values['max-length']),
  hiddenUnits: integer('hidden-units', values['hidden-units']),
  batchSize: integer('batch-size', values['batch-size']),
  dropoutRate,
  backend: values.backend,
  ...(values.threads !== undefined && { threads: integer('threads', values.threads) }),
  ...(values.engine !== undefined && { engine: values.engine as 'native' | 'wasm' }),
  steps: integer('steps', values.steps),
  loss: values.loss,
  ...(values['num-negatives'] !== undefined && { numNegatives: integer('num-negatives', values['num-negatives']) }),
  sparse: values.sparse,
  ...(values.catalog !== undefined && { catalog: integer('catalog', values.catalog) }),
};

const command = `pnpm bench ${process.argv.slice(2).join(' ')}`;
const about = { command, machine: describeMachine() };

const peers: Record<string, (options: BenchOptions) => TrainMeasurement> = {
  torch: (options) => measureTorch(options, 'sasrec.py'),
  'torch-packed': (options) => measureTorch(options, 'packed.py'),
  'tfjs-wasm': (options) => measure<TrainMeasurement>({ ...options, backend: 'wasm' }),
  'tfjs-node': (options) => measure<TrainMeasurement>({ ...options, backend: 'tensorflow' }),
  'wasm-kernels': (options) => measure<TrainMeasurement>({ ...options, engine: 'wasm' }),
};

const aboutTorch = ({ build, settings, bestMs }: TrainMeasurement) => ({
  ...(build && { build }),
  ...(settings && { settings, bestMs }),
});

const summary = (measurements: readonly TrainMeasurement[]) => {
  const all = measurements.flatMap(({ milliseconds }) => milliseconds);
  return { median: median(all), rounds: measurements.map(({ milliseconds }) => median(milliseconds)) };
};

const runTrain = () => {
  const names = values.peer?.split(',') ?? [];
  for (const name of names) if (!Object.hasOwn(peers, name)) usage(`unknown peer: ${name}`);
  const own: TrainMeasurement[] = [];
  const others = new Map<string, TrainMeasurement[]>(names.map((name) => [name, []]));
  const rounds = names.length === 0 ? 1 : integer('rounds', values.rounds);
  for (let round = 0; round < rounds; round++) {
    own.push(measure<TrainMeasurement>(options));
    for (const [name, measured] of others) measured.push(peers[name](options));
  }
  const { milliseconds: _, batchMilliseconds, tokens, usefulGflop, ...rest } = own[0];
  const stepMs = summary(own);
  const gflops = usefulGflop / (stepMs.median / 1000);
  const peak = [...others.values()].flat().find(({ matmulGflops }) => matmulGflops !== undefined)?.matmulGflops;
  const compared = [...others].map(([name, measured]) => {
    const { version } = measured[0];
    const ofPeer = summary(measured);
    return [
      name,
      { version, stepMs: ofPeer, ratio: ofPeer.median / stepMs.median, ...aboutTorch(measured[0]) },
    ] as const;
  });
  return {
    ...about,
    options,
    stepMs,
    batchMs: { median: median(batchMilliseconds!) },
    tokensPerSecond: Math.round(tokens / (stepMs.median / 1000)),
    usefulGflops: gflops,
    ...(peak !== undefined && { matmulPeakGflops: peak, shareOfPeak: gflops / peak }),
    ...rest,
    ...(compared.length > 0 && { peers: Object.fromEntries(compared) }),
  };
};

const result = task === 'train' ? runTrain() : { ...about, options, ...measure<object>(options) };
console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
