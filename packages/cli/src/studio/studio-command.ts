import { existsSync } from 'node:fs';
import closeWithGrace from 'close-with-grace';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { itemTableOptions } from '../items/index.js';
import { modelFileOption, ownThread } from '../models/index.js';
import { declareOptions, type OptionSpecs, pickOptions } from '../options/index.js';
import { Reporter } from '../reporter.js';

const studioOptions = {
  port: { flags: '--port <n>', help: 'port to listen on (default: any that is free)', type: 'number' },
  ...itemTableOptions,
  threads: { flags: '--threads <n>', help: 'threads that compute for a model (default 1)', type: 'number' },
  ...modelFileOption,
} as const satisfies OptionSpecs;

/** Where `recsys train` keeps its runs. */
const defaultRuns = 'runs';

/** Adds `recsys studio` to a program. */
export const addStudioCommand = (program: Command): void => {
  const command = program
    .command('studio')
    .description('Show runs in a local page: curves while they train, comparisons, and what models recommend and why.')
    .argument('[runs]', `folder of runs, or a run (default ${defaultRuns})`)
    .option('--json', 'print one JSON object per line');
  declareOptions(command, studioOptions);
  command.addHelpText(
    'after',
    `
Open the address that it prints. It holds a token, and works on this machine alone, until Ctrl-C. Runs are read, and nothing is written.

Examples:
  recsys studio
  recsys studio runs --items movies.csv --item-title name
  recsys studio runs/movies --port 4000`,
  );
  command.action(studio);
};

const studio = async (runs: string | undefined, flags: Record<string, unknown>): Promise<void> => {
  if (runs !== undefined && !existsSync(runs)) throw new UsageError('usage', `${runs}: does not exist`);
  const reporter = new Reporter({ json: flags.json === true });
  // The packages of the page take a moment to load, which no other command should wait for.
  const { startStudio } = await import('@recsys/studio');
  const { model, ...given } = pickOptions(studioOptions, flags);
  const { url, close } = await startStudio({
    ...given,
    runs: runs ?? defaultRuns,
    threadFor: (run) => ownThread(run, model, (remark) => reporter.remark(remark)),
  });
  reporter.report('studio', url, { url });
  closeWithGrace({ delay: 5000, logger: false }, async ({ err }) => {
    if (err !== undefined) reporter.remark(`closing after an error that is a bug: ${err.stack ?? err.message}`);
    await close();
  });
};
