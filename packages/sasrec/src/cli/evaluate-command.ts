import { evaluate } from '@recsys/training';
import type { Command } from 'commander';
import { SASRec } from '../sasrec.js';
import { declareOptions, mergeConfig, type OptionSpecs } from './options.js';
import { formatMetrics, formatProtocol, Reporter } from './reporter.js';
import { loadRunSplit, openRun } from './run-info.js';
import { backendOptions, startBackend } from './shared-options.js';

const evaluateOptions = {
  protocol: {
    flags: '--protocol <name>',
    help: "candidates of a target: the paper's 100 uniform negatives, 100 fixed ones an item, or the whole catalog (default: the run's)",
    type: 'string',
    choices: ['sampled', 'seed-sampled', 'full'],
  },
  k: { flags: '--k <list>', help: "cut-offs of the metrics, such as 5,10 (default: the run's)", type: 'numbers' },
  part: {
    flags: '--part <name>',
    help: 'of the split (default test)',
    type: 'string',
    choices: ['validation', 'test'],
  },
  users: { flags: '--users <n>', help: 'a seeded sample of so many users (default all)', type: 'number' },
  seed: { flags: '--seed <n>', help: 'of the negatives and the sample (default 0)', type: 'number' },
  data: { flags: '--data <file>', help: "the run's data, where it has moved", type: 'string' },
} as const satisfies OptionSpecs;

/** Adds `sasrec evaluate` to a program. */
export const addEvaluateCommand = (program: Command): void => {
  const command = program
    .command('evaluate')
    .description("Evaluate a run's best epoch on its held-out items.")
    .argument('<run>', 'directory that sasrec train made')
    .option('--include-seen', 'with --protocol full, rank among items of the history too')
    .option('--json', 'print one JSON object a line');
  declareOptions(declareOptions(command, evaluateOptions), backendOptions);
  command.addHelpText(
    'after',
    `
Examples:
  sasrec evaluate runs/movies
  sasrec evaluate runs/movies --protocol full --k 10,20`,
  );
  command.action(async (path: string, given: Record<string, unknown>) => {
    const reporter = new Reporter({ json: given.json === true });
    const options = mergeConfig(evaluateOptions, given, undefined);
    await startBackend(reporter, given);
    const run = await openRun(path, options.data);
    const { split } = await loadRunSplit(run);
    const model = await SASRec.load(path);
    const { protocol = run.info.protocol, k = run.info.k, part = 'test', users, seed = 0 } = options;
    const result = await evaluate(model, split[part], {
      protocol,
      k,
      seed,
      excludeSeen: given.includeSeen !== true,
      ...(users !== undefined && { users }),
      onProgress: (done, total) => (done < total ? reporter.progress(part, done, total) : reporter.stopBar()),
    });
    const { metrics } = result;
    reporter.report(part, `${formatMetrics(result)}   ${formatProtocol(result)}`, {
      protocol,
      users: result.users,
      metrics,
    });
  });
};
