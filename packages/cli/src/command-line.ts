import { RecsysError } from '@recsys/errors';
import { Command, CommanderError } from 'commander';
import { version } from '../package.json';
import { addDataCommand } from './data/index.js';
import { errorLine, UsageError } from './errors.js';
import { addEvaluateCommand } from './evaluate/index.js';
import { addExplainCommand } from './explain/index.js';
import { addExportCommand } from './export/index.js';
import { ownModelIn } from './models/index.js';
import { addNightlyCommand } from './nightly/index.js';
import { addRecommendCommand } from './recommend/index.js';
import { addReportCommand } from './report/index.js';
import { addServeCommand } from './serve/index.js';
import { addStudioCommand } from './studio/index.js';
import { styled, styleHelp, widthOf, wrapText } from './terminal/index.js';
import { addTrainCommand } from './train/index.js';
import { addTuneCommand } from './tune/index.js';

/** Runs a command line, prints what is wrong with it, and sets the exit code. */
export const runCommandLine = async (args: readonly string[]): Promise<void> => {
  try {
    await (await programFor(args)).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else if (RecsysError.isInstance(error)) {
      printError(errorLine(error));
      process.exitCode = error instanceof UsageError ? 2 : 1;
    } else throw error;
  }
};

/** Prints an error for a person: `recsys: what is wrong`. */
export const printError = (text: string): void => {
  const [first, ...more] = wrapText(`recsys: ${text}`, { width: widthOf(process.stderr), indent: 2 });
  const head = styled('red', 'recsys:', process.stderr);
  process.stderr.write(`${[first.replace('recsys:', head), ...more].join('\n')}\n`);
};

/** Returns the program with its commands; the flags of `train` depend on the model that the command line names. */
const programFor = async (args: readonly string[]): Promise<Command> => {
  const program = styleHelp(new Command('recsys'))
    .description('Train, evaluate and use sequential recommenders.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(see --help)')
    .addHelpText(
      'after',
      `
Examples:
  recsys train ratings.csv --out runs/movies
  recsys evaluate runs/movies
  recsys recommend runs/movies --history 296,318,593

Exit codes: 0 success, 1 failure, 2 wrong usage, 3 a nightly model that was refused, 130 stopped by Ctrl-C after saving a checkpoint, 141 training stopped because its output was closed.`,
    );
  addTrainCommand(program, await ownModelIn(args));
  addTuneCommand(program);
  addNightlyCommand(program);
  addEvaluateCommand(program);
  addReportCommand(program);
  addRecommendCommand(program);
  addExplainCommand(program);
  addExportCommand(program);
  addServeCommand(program);
  addStudioCommand(program);
  addDataCommand(program);
  for (const command of program.commands.flatMap((command) => [command, ...command.commands]))
    command.exitOverride().showHelpAfterError('(see --help)');
  return program;
};
