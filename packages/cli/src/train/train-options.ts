import { wirings } from '@recsys/layers';
import { lossNames } from '@recsys/training';
import { dataOptions, type GivenOptions, modelNames, models, type OptionSpecs } from '../options/index.js';

export const modelOptions = {
  wiring: {
    flags: '--wiring <name>',
    help: 'how blocks are wired',
    type: 'string',
    choices: wirings,
  },
  maxLength: {
    flags: '--max-length <n>',
    help: 'newest items of a history that are seen (default 50)',
    type: 'number',
  },
  hiddenUnits: { flags: '--hidden-units <n>', help: 'width of the model (default 50)', type: 'number' },
  numBlocks: { flags: '--num-blocks <n>', help: 'transformer blocks, 0 or more (default 2)', type: 'number' },
  numHeads: { flags: '--num-heads <n>', help: 'attention heads (default 1)', type: 'number' },
  dropoutRate: { flags: '--dropout-rate <rate>', help: '0 up to 1 (default 0.5)', type: 'number' },
  positions: { flags: '--no-positions', help: 'no position embedding', type: 'boolean' },
  sharedItemEmbedding: {
    flags: '--no-shared-item-embedding',
    help: 'score with an embedding of its own',
    type: 'boolean',
  },
  residuals: { flags: '--no-residuals', help: 'no residual connections', type: 'boolean' },
  initializer: {
    flags: '--initializer <name>',
    help: 'how weights start',
    type: 'string',
    choices: ['glorotUniform', 'glorotNormal', 'normal'],
  },
} as const satisfies OptionSpecs;

export const fitOptions = {
  epochs: { flags: '--epochs <n>', help: 'times to go over the users (default 200)', type: 'number' },
  seed: { flags: '--seed <n>', help: 'names every random draw (default 0)', type: 'number' },
  batchSize: { flags: '--batch-size <n>', help: 'users a batch (default 128)', type: 'number' },
  learningRate: { flags: '--learning-rate <rate>', help: 'of Adam (default 0.001)', type: 'number' },
  weightDecay: { flags: '--weight-decay <rate>', help: 'decoupled, of Adam (default 0)', type: 'number' },
  clipNorm: {
    flags: '--clip-norm <norm>',
    help: 'largest norm of the gradients (default: not clipped)',
    type: 'number',
  },
  embeddingL2: {
    flags: '--embedding-l2 <weight>',
    help: 'of squared embeddings in the loss (default 0)',
    type: 'number',
  },
  schedule: {
    flags: '--schedule <name>',
    help: 'of the learning rate',
    type: 'string',
    choices: ['constant', 'warm-up', 'one-cycle'],
  },
  warmUpSteps: { flags: '--warm-up-steps <n>', help: 'with --schedule warm-up (default 1000)', type: 'number' },
  loss: { flags: '--loss <name>', help: 'what training minimises (default bce)', type: 'string', choices: lossNames },
  numNegatives: {
    flags: '--num-negatives <n>',
    help: 'negatives a target, or a user where shared (default 1; gbce, sampled-softmax, shared-cross-entropy 256)',
    type: 'number',
  },
  sampling: { flags: '--sampling <how>', help: 'of users', type: 'string', choices: ['epoch', 'with-replacement'] },
  protocol: {
    flags: '--protocol <name>',
    help: 'of validation and test (default sampled)',
    type: 'string',
    choices: ['sampled', 'sampled-per-item', 'full'],
  },
  k: { flags: '--k <list>', help: 'cut-offs of the metrics (default 10)', type: 'numbers' },
  metric: { flags: '--metric <name>', help: 'picks the best epoch (default ndcg@ the first cut-off)', type: 'string' },
  validationEvery: { flags: '--validation-every <n>', help: 'epochs between validations (default 1)', type: 'number' },
  validationSampleTargets: {
    flags: '--validation-sample-targets <n>',
    help: 'validate on a seeded sample of n targets (default all)',
    type: 'number',
  },
  patience: {
    flags: '--patience <n>',
    help: 'validations in a row without a better one before training stops (default 20)',
    type: 'number',
    canBeOff: true,
  },
  checkpointEvery: { flags: '--checkpoint-every <n>', help: 'epochs between checkpoints (default 1)', type: 'number' },
} as const satisfies OptionSpecs;

export const presetOption = {
  model: {
    flags: '--model <name>',
    help: 'which model to train (default sasrec)',
    type: 'string',
    choices: modelNames,
  },
  preset: {
    flags: '--preset <name>',
    help: 'settings of a published SASRec; other options win',
    type: 'string',
    choices: models.sasrec.presetNames,
  },
} as const satisfies OptionSpecs;

/** What a run is told apart by, and may also stand in a config file. */
export const configOptions = { ...presetOption, ...modelOptions, ...fitOptions, ...dataOptions } as const;
export type TrainOptions = GivenOptions<typeof configOptions>;

/** What may change from sitting to sitting of a run. */
export const sittingOptions = {
  maxSteps: { flags: '--max-steps <n>', help: 'stop, resumably, after so many steps in all', type: 'number' },
  maxSeconds: { flags: '--max-seconds <n>', help: 'stop, resumably, after so much training in all', type: 'number' },
} as const satisfies OptionSpecs;
