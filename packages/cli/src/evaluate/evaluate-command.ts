import { Rng } from '@recsys/data';
import { comparePaired, hitGain, ndcgGain } from '@recsys/metrics';
import { modelNameOf } from '@recsys/model';
import {
  type EvaluateOptions,
  type EvaluationResult,
  evaluate,
  type GroupMetrics,
  metricsByGroup,
  type Protocol,
} from '@recsys/training';
import { fingerprintOf } from '@recsys/training/node';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { loadSavedModel, modelFileOption } from '../models/index.js';
import {
  backendOptions,
  dataOfModel,
  dataOptions,
  declareOptions,
  givenFlags,
  isSavedModel,
  nameOf,
  type OptionSpecs,
  openRun,
  pickOptions,
  reportOrder,
  runDataOptions,
  splitOptions,
  startBackend,
} from '../options/index.js';
import {
  formatCount,
  formatDifference,
  formatProtocol,
  indent,
  metricLines,
  namedMetrics,
  Reporter,
} from '../reporter.js';
import { type CatalogMetrics, catalogMetrics } from './catalog-metrics.js';

const evaluateOptions = {
  protocol: {
    flags: '--protocol <name>',
    help: "candidates for each target: 100 uniform negatives as in the paper, 100 fixed negatives per item, or the whole catalog (default: the run's)",
    type: 'string',
    choices: ['sampled', 'sampled-per-item', 'full'],
  },
  k: { flags: '--k <list>', help: "cut-offs of the metrics, such as 5,10 (default: the run's)", type: 'numbers' },
  part: {
    flags: '--part <name>',
    help: 'part of the split (default test)',
    type: 'string',
    choices: ['validation', 'test'],
  },
  sampleTargets: {
    flags: '--sample-targets <n>',
    help: 'evaluate a seeded sample of n targets (default all)',
    type: 'number',
  },
  seed: { flags: '--seed <n>', help: 'seed of the negatives and the sample (default 0)', type: 'number' },
  ...modelFileOption,
  ...runDataOptions,
} as const satisfies OptionSpecs;

/** How the data of a saved model is read and split. */
const columnOptions = { ...dataOptions, ...splitOptions } as const;

/** Adds `recsys evaluate` to a program. */
export const addEvaluateCommand = (program: Command): void => {
  const command = program
    .command('evaluate')
    .description('Evaluate the best epoch of a run on its held-out items, or compare two runs on the same data.')
    .argument('<model>', 'run directory of recsys train, saved model or checkpoint')
    .argument('[other]', 'a second one to compare with: prints paired differences and p-values')
    .option('--include-seen', 'also rank and recommend items of the history (ranking: with --protocol full)')
    .option('--groups', 'also print metrics by length of history and by popularity of the target')
    .option('--catalog', 'also print coverage, Gini index and novelty of the top-k lists for all histories')
    .option('--json', 'print one JSON object per line');
  declareOptions(declareOptions(command, evaluateOptions), backendOptions);
  declareOptions(command.optionsGroup('Data of a saved model (a run knows how its data was read):'), columnOptions);
  command.addHelpText(
    'after',
    `
With --groups, a history is short when it has at most as many items as the median history of the users evaluated. The head of the catalog is the smallest set of most popular items that holds 80 % of the training interactions; the rest is the tail.

With --catalog, each target's history gets a list of k items out of the whole catalog. Coverage is the share of items in at least one list. The Gini index is 0 when all items are recommended equally often, and near 1 when a few are always recommended. Novelty is in bits: the mean of -log2 of the share of training interactions that a recommended item has.

Examples:
  recsys evaluate runs/movies
  recsys evaluate runs/movies --groups --catalog
  recsys evaluate runs/movies --protocol full --k 10,20
  recsys evaluate runs/movies runs/movies-gbce
  recsys evaluate models/movies --data ratings.csv`,
  );
  command.action(async (path: string, other: string | undefined, given: Record<string, unknown>) => {
    const reporter = new Reporter({ json: given.json === true });
    const options = pickOptions(evaluateOptions, given);
    await startBackend(reporter, given);
    const opened = await dataOfModel(
      path,
      pickOptions(runDataOptions, given),
      pickOptions(columnOptions, givenFlags(command)),
    );
    const { split, order } = await reporter.during(`reading ${nameOf(opened.source)}`, opened.load);
    reportOrder(reporter, order);
    const { info } = opened.run ?? { info: { protocol: 'sampled' as const, k: [10] } };
    const { protocol = info.protocol, k = info.k, part = 'test', sampleTargets, seed = 0 } = options;
    const evaluateRun = async (directory: string) => {
      if (!isSavedModel(directory)) await remarkOtherProtocol(reporter, directory, protocol);
      const model = await loadSavedModel(directory, (reason) => reporter.remark(reason), options.model);
      const result = await evaluate(model, split[part], {
        protocol,
        k,
        seed,
        excludeSeen: given.includeSeen !== true,
        sampleTargets,
        onProgress: (done, total) => reporter.progress(part, done, total),
      } satisfies EvaluateOptions);
      const { metrics } = result;
      const { text, lines } = namedMetrics(modelNameOf(model), result);
      const where = [formatProtocol(result), ...(other === undefined ? [] : [directory])].join(', ');
      reporter.report(
        part,
        text,
        { ...(other !== undefined && { run: directory }), protocol, numTargets: result.numTargets, metrics },
        { lines: [...lines, `${indent}${where}`] },
      );
      if (given.groups === true)
        for (const group of metricsByGroup(result, split.train, { k, seed })) reportGroup(reporter, group, directory);
      if (given.catalog === true) {
        const onProgress = (done: number, total: number) => reporter.progress('catalog', done, total);
        for (const own of catalogMetrics(model, split, split[part], {
          k,
          excludeSeen: given.includeSeen !== true,
          onProgress,
        }))
          reportCatalog(reporter, own, directory);
      }
      model.dispose();
      return result;
    };
    if (other === undefined) {
      await evaluateRun(path);
      return;
    }
    if (
      !isSavedModel(other) &&
      (await openRun(other)).config.data.fingerprint !== fingerprintOf(split.train).fingerprint
    )
      throw new UsageError(
        'usage',
        `${other}: was trained on different data from ${path}, so the two cannot be compared`,
      );
    reportDifferences(reporter, await evaluateRun(path), await evaluateRun(other), { k, seed });
  });
};

/** Says when the best epoch was chosen by another protocol than the one that is reported: by this one, another epoch may be the best. */
const remarkOtherProtocol = async (reporter: Reporter, run: string, protocol: Protocol): Promise<void> => {
  const { validation } = (await openRun(run)).config.fit as { validation?: { protocol?: Protocol } | false };
  const chosenBy = validation ? validation.protocol : undefined;
  if (chosenBy === undefined || chosenBy === protocol) return;
  reporter.remark(
    `${run}: its best epoch was chosen by ${chosenBy} validation; to choose by ${protocol}, train with --protocol ${protocol}`,
  );
};

const groupNames: Record<GroupMetrics['group'], (limit: string) => string> = {
  'short-history': (limit) => `history of at most ${limit} items`,
  'long-history': (limit) => `history of more than ${limit} items`,
  'head-target': (limit) => `target among the ${limit} items of the head`,
  'tail-target': () => 'target in the tail',
};

const reportGroup = (reporter: Reporter, metrics: GroupMetrics, run: string): void => {
  const name = groupNames[metrics.group](formatCount(metrics.limit));
  reporter.report(
    'group',
    `${name}, ${formatCount(metrics.numTargets)} targets`,
    { run, ...metrics },
    { lines: metricLines(metrics).map((line) => indent + line) },
  );
};

const reportCatalog = (reporter: Reporter, metrics: CatalogMetrics, run: string): void => {
  const { k, numLists, coverage, gini, novelty } = metrics;
  reporter.report(
    'catalog',
    `coverage@${k} ${coverage.toFixed(4)}  Gini@${k} ${gini.toFixed(4)}  novelty@${k} ${novelty.toFixed(2)} bits   ${formatCount(numLists)} lists`,
    { run, ...metrics },
  );
};

/** Reports how the first of two results differs from the second, user by user. */
const reportDifferences = (
  reporter: Reporter,
  a: EvaluationResult,
  b: EvaluationResult,
  { k, seed }: { k: readonly number[]; seed: number },
): void => {
  for (const cutoff of k) {
    for (const [name, gain] of Object.entries({ ndcg: ndcgGain, hr: hitGain })) {
      const rng = new Rng(seed);
      const [ofA, ofB] = [a, b].map(({ ranks }) => Float64Array.from(ranks, (rank) => gain(rank, cutoff)));
      const { difference, pValue } = comparePaired(ofA, ofB, { uniform: () => rng.float() });
      const metric = `${name}@${cutoff}`;
      const [value, low, high] = [difference.value, difference.low, difference.high].map(formatDifference);
      reporter.report(
        'paired',
        `${metric.toUpperCase()} first - second ${value} [${low}, ${high}]  p ${pValue.toFixed(3)}`,
        { metric, difference, pValue },
      );
    }
  }
};
