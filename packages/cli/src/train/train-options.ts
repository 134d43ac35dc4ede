import { wiringNames } from '@recsys/layers';
import { lossNames } from '@recsys/training';
import { dataOptions, type GivenOptions, modelNames, models, type OptionSpecs } from '../options/index.js';

export const modelOptions = {
  wiring: {
    flags: '--wiring <name>',
    help: 'order of layer norm and residual connection in a block (default paper)',
    type: 'string',
    choices: wiringNames,
  },
  maxLength: {
    flags: '--max-length <n>',
    help: 'number of newest items of a history that the model sees (default 50)',
    type: 'number',
  },
  hiddenUnits: { flags: '--hidden-units <n>', help: 'width of the model (default 50)', type: 'number' },
  numBlocks: { flags: '--num-blocks <n>', help: 'transformer blocks, 0 or more (default 2)', type: 'number' },
  numHeads: { flags: '--num-heads <n>', help: 'attention heads (default 1)', type: 'number' },
  dropoutRate: {
    flags: '--dropout-rate <rate>',
    help: 'dropout rate, at least 0 and below 1 (default 0.5)',
    type: 'number',
  },
  positions: { flags: '--no-positions', help: 'leave out the position embedding', type: 'boolean' },
  sharedItemEmbedding: {
    flags: '--no-shared-item-embedding',
    help: 'use a separate item embedding for the scores',
    type: 'boolean',
  },
  residuals: { flags: '--no-residuals', help: 'leave out the residual connections', type: 'boolean' },
  initializer: {
    flags: '--initializer <name>',
    help: 'initial values of the weights',
    type: 'string',
    choices: ['glorotUniform', 'glorotNormal', 'normal'],
  },
} as const satisfies OptionSpecs;

export const fitOptions = {
  epochs: { flags: '--epochs <n>', help: 'passes over the users (default 200)', type: 'number' },
  seed: { flags: '--seed <n>', help: 'seed of every random draw (default 0)', type: 'number' },
  batchSize: { flags: '--batch-size <n>', help: 'users per batch (default 128)', type: 'number' },
  learningRate: { flags: '--learning-rate <rate>', help: 'learning rate of Adam (default 0.001)', type: 'number' },
  weightDecay: { flags: '--weight-decay <rate>', help: 'decoupled weight decay of Adam (default 0)', type: 'number' },
  clipNorm: {
    flags: '--clip-norm <norm>',
    help: 'largest global norm of the gradients (default: no clipping)',
    type: 'number',
  },
  embeddingL2: {
    flags: '--embedding-l2 <weight>',
    help: 'weight of the squared embeddings in the loss (default 0)',
    type: 'number',
  },
  schedule: {
    flags: '--schedule <name>',
    help: 'learning rate schedule (default constant)',
    type: 'string',
    choices: ['constant', 'warm-up', 'one-cycle'],
  },
  warmUpSteps: { flags: '--warm-up-steps <n>', help: 'steps of --schedule warm-up (default 1000)', type: 'number' },
  loss: {
    flags: '--loss <name>',
    help: 'loss that training minimizes (default bce)',
    type: 'string',
    choices: lossNames,
  },
  numNegatives: {
    flags: '--num-negatives <n>',
    help: 'negatives per target, or per user for losses that share them (default 1; for gbce, sampled-softmax and shared-cross-entropy 256)',
    type: 'number',
  },
  sampling: {
    flags: '--sampling <how>',
    help: 'visit each user once per epoch, or draw users with replacement (default epoch)',
    type: 'string',
    choices: ['epoch', 'with-replacement'],
  },
  protocol: {
    flags: '--protocol <name>',
    help: 'candidates in validation and test (default sampled)',
    type: 'string',
    choices: ['sampled', 'sampled-per-item', 'full'],
  },
  k: { flags: '--k <list>', help: 'cut-offs of the metrics (default 10)', type: 'numbers' },
  metric: {
    flags: '--metric <name>',
    help: 'metric that picks the best epoch (default: NDCG at the first cut-off)',
    type: 'string',
  },
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
    help: 'settings of a published SASRec; other options override them',
    type: 'string',
    choices: models.sasrec.presetNames,
  },
} as const satisfies OptionSpecs;

/** Options that define a run; a config file may set them. */
export const configOptions = { ...presetOption, ...modelOptions, ...fitOptions, ...dataOptions } as const;
export type TrainOptions = GivenOptions<typeof configOptions>;

/** Options that may change each time a run is resumed. */
export const sittingOptions = {
  maxSteps: {
    flags: '--max-steps <n>',
    help: 'stop after this many steps in total; the run can be resumed',
    type: 'number',
  },
  maxSeconds: {
    flags: '--max-seconds <n>',
    help: 'stop after this many seconds of training in total; the run can be resumed',
    type: 'number',
  },
} as const satisfies OptionSpecs;
