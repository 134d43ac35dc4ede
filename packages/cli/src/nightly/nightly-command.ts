import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import {
  backendOptions,
  databaseOptions,
  dataOptions,
  declareOptionGroups,
  declareOptions,
  type GivenOptions,
  givenFlags,
  itemOptions,
  mergeConfig,
  type OptionSpecs,
  pickOptions,
  sourceOf,
  splitOptions,
  startBackend,
} from '../options/index.js';
import { Reporter } from '../reporter.js';
import {
  builtInOption,
  configOptions,
  fitOptions,
  modelOptions,
  startOptions,
  stopOnClosedOutput,
} from '../train/index.js';
import { rollBack, runNight } from './night.js';

const nightOptions = {
  models: {
    flags: '--models <folder>',
    help: 'folder of the published models; made on the first night',
    type: 'string',
  },
  fromScratch: {
    flags: '--from-scratch',
    help: 'train a new model, not from the weights of the current one; needed after a change of its settings',
    type: 'boolean',
  },
  warmEpochs: {
    flags: '--warm-epochs <n>',
    help: 'epochs of a training from the current model (default: a third of those of one from scratch)',
    type: 'number',
  },
  allowDrop: {
    flags: '--allow-drop <value>',
    help: 'publish a model whose metric is lower by at most this much, such as .002 (default 0)',
    type: 'number',
  },
  significance: {
    flags: '--significance <p>',
    help: 'refuse a model that is worse with a p-value below this (default 0.05)',
    type: 'number',
  },
  force: { flags: '--force', help: 'publish the new model whatever the comparison says', type: 'boolean' },
  keep: {
    flags: '--keep <n>',
    help: 'how many versions stay; the current one and the one before it always do (default 7)',
    type: 'number',
  },
} as const satisfies OptionSpecs;

const { from: _, ...ownConfigOptions } = configOptions;
const { keepItems } = startOptions;

/** What a config file may set. */
const allOptions = { ...ownConfigOptions, ...builtInOption, ...nightOptions } as const;

/** Adds `recsys nightly` to a program. */
export const addNightlyCommand = (program: Command): void => {
  const command = program
    .command('nightly')
    .description(
      'Train from the current model on the data of today, compare the two, and publish the new one unless it is worse.',
    )
    .argument('[data]', 'file of interactions, as recsys train reads it; - for standard input')
    .option('--rollback', 'make the version before the current one current again, and train nothing')
    .option('--config <file>', 'JSON object of options, with names in camel case; flags override it')
    .option('--json', 'print one JSON object per line');
  declareOptions(command, nightOptions);
  declareOptionGroups(command, [
    ['Model:', builtInOption, { keepItems }, modelOptions],
    ['Training:', fitOptions],
    ['Data:', dataOptions, databaseOptions],
    ['Items:', itemOptions],
    ['Split:', splitOptions],
    ['Computing:', backendOptions],
  ]);
  command.addHelpText(
    'after',
    `
The two models are compared on the same held-out targets, those that both can rank, by a paired test. The new one is refused if it is worse with a p-value below --significance and by more than --allow-drop: the exit code is 3, the current model stays, and the run is kept in FOLDER/refused.

A version is written aside, checked and made current in one step; recsys serve FOLDER takes it up. A process that is killed leaves the version before or the new one; the same command goes on. A second process on the same folder is refused.

Examples:
  recsys nightly events.csv --models models
  recsys nightly events.csv --models models --epochs 30 --warm-epochs 5
  recsys nightly --models models --rollback
  recsys serve models`,
  );
  command.action((data: string | undefined) => nightly(data, givenFlags(command)));
};

const nightly = async (data: string | undefined, given: Record<string, unknown>): Promise<void> => {
  const reporter = new Reporter({ json: given.json === true });
  const options = mergeConfig(allOptions, given, given.config as string | undefined);
  const {
    models,
    fromScratch = false,
    warmEpochs,
    allowDrop = 0,
    significance = 0.05,
    force = false,
    keep = 7,
  } = options;
  if (models === undefined) throw new UsageError('usage', '--models must name the folder of the published models');
  if (given.rollback === true) {
    if (data !== undefined) throw new UsageError('usage', '--rollback trains nothing, and takes no data');
    return rollBack(models, reporter);
  }
  assertInRange(options);
  const source = await sourceOf(data, pickOptions(databaseOptions, options));
  if (source === undefined) throw new UsageError('usage', 'give either a data file, or --database with --sql');
  const controller = new AbortController();
  stopOnClosedOutput(controller);
  await startBackend(reporter, given);
  const train = pickOptions(ownConfigOptions, options);
  const end = await runNight(
    source,
    { models, train, fromScratch, warmEpochs, allowDrop, significance, force, keep },
    reporter,
    controller,
  );
  if (end === 'refused') process.exitCode = 3;
  if (end === 'stopped') process.exitCode ??= 130;
};

/** @throws {UsageError} on a value out of its range. */
const assertInRange = ({ warmEpochs, allowDrop, significance, keep }: GivenOptions<typeof nightOptions>): void => {
  const assert = (isRight: boolean, problem: string) => {
    if (!isRight) throw new UsageError('usage', problem);
  };
  const isCount = (value: number | undefined) => value === undefined || (Number.isInteger(value) && value >= 1);
  assert(isCount(warmEpochs), `--warm-epochs must be an integer >= 1, got ${warmEpochs}`);
  assert(isCount(keep), `--keep must be an integer >= 1, got ${keep}`);
  assert(
    allowDrop === undefined || (allowDrop >= 0 && allowDrop <= 1),
    `--allow-drop must be from 0 to 1, got ${allowDrop}`,
  );
  assert(
    significance === undefined || (significance > 0 && significance < 1),
    `--significance must be above 0 and below 1, got ${significance}`,
  );
};
