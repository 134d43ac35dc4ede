import { historyOf, type Id } from '@recsys/data';
import type { SequentialModel } from '@recsys/model';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { loadSavedModel, modelFileOption } from '../models/index.js';
import {
  backendOptions,
  declareOptions,
  givenFlags,
  type OptionSpecs,
  pickOptions,
  runDataOptions,
  startBackend,
} from '../options/index.js';
import { sequencesOfUsers } from '../recommend/index.js';
import { Reporter } from '../reporter.js';

const formats = ['onnx', 'safetensors', 'tfjs', 'vectors'] as const;

const exportOptions = {
  to: { flags: '--to <format>', help: 'what to write', type: 'string', choices: formats },
  output: { flags: '--output <path>', help: 'file to write; for tfjs a new directory', type: 'string' },
  users: {
    flags: '--users',
    help: "with --to vectors: vectors of the users of the run's data, and not of items",
    type: 'boolean',
  },
  includeSeen: {
    flags: '--include-seen',
    help: 'with --to onnx or tfjs: recommend items of a history again',
    type: 'boolean',
  },
  ...modelFileOption,
} as const satisfies OptionSpecs;

/** Adds `recsys export` to a program. */
export const addExportCommand = (program: Command): void => {
  const command = program
    .command('export')
    .description('Write a model, or its vectors, for another runtime.')
    .argument('<model>', 'run directory, saved model or checkpoint')
    .option('--json', 'print one JSON object per line');
  for (const specs of [exportOptions, runDataOptions, backendOptions]) declareOptions(command, specs);
  command.addHelpText(
    'after',
    `
Formats:
  onnx         a SASRec with its top-k, for onnxruntime in any language; item
               ids in NAME.ids.json
  tfjs         the same as a graph model, for TensorFlow.js without this library
  safetensors  the weights of any model, with its configuration and item ids
  vectors      a vector for each item, or for each user: .parquet (id, vector),
               .npy or .fvecs (ids in NAME.ids.json), by the ending of --output.
               The dot product of a user and an item is the score.

Examples:
  recsys export runs/movies --to onnx --output movies.onnx
  recsys export runs/movies --to vectors --output items.parquet
  recsys export runs/movies --to vectors --users --output users.npy`,
  );
  command.action(async (path: string) => exportFrom(path, givenFlags(command)));
};

const exportFrom = async (path: string, given: Record<string, unknown>): Promise<void> => {
  const { to, output, users = false, includeSeen, model: module } = pickOptions(exportOptions, given);
  if (to === undefined) throw new UsageError('usage', `give --to: one of ${formats.join(', ')}`);
  if (output === undefined) throw new UsageError('usage', 'give --output, the file to write');
  if (users && to !== 'vectors') throw new UsageError('usage', '--users needs --to vectors');
  if (includeSeen !== undefined && to !== 'onnx' && to !== 'tfjs')
    throw new UsageError('usage', '--include-seen needs --to onnx or --to tfjs');
  const dataFlag = Object.keys(pickOptions(runDataOptions, given))[0];
  if (dataFlag !== undefined && !users) throw new UsageError('usage', `--${dataFlag} needs --users`);
  const reporter = new Reporter({ json: given.json === true });
  await startBackend(reporter, given);
  const model = await loadSavedModel(path, (reason) => reporter.remark(reason), module);
  // Loaded here, so that no other command waits for it.
  const { exportOnnx, exportSafetensors, exportTfjs, exportVectors } = await import('@recsys/export/node');
  const { itemVectors } = await import('@recsys/export');
  const options = { excludeSeen: includeSeen !== true };
  const writers: Record<(typeof formats)[number], () => Promise<string[]>> = {
    onnx: () => exportOnnx(model, output, options),
    tfjs: () => exportTfjs(model, output, options),
    safetensors: () => exportSafetensors(model, output),
    vectors: async () => {
      const vectors = users ? await vectorsOfUsers(path, model, given, reporter) : itemVectors(model);
      return exportVectors(vectors, output);
    },
  };
  const files = await writers[to]();
  for (const file of files) reporter.report('written', file, { file });
};

const vectorsOfUsers = async (
  path: string,
  model: SequentialModel,
  given: Record<string, unknown>,
  reporter: Reporter,
) => {
  const { userVectors } = await import('@recsys/export');
  const sequences = await sequencesOfUsers(path, given, reporter);
  const histories = sequences.users.ids.map((user): [Id, Id[]] => [user, historyOf(sequences, user)]);
  return userVectors(model, histories);
};
