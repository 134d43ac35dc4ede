import { basename, join, resolve } from 'node:path';
import { type Chooser, optuna } from '@recsys/training/node';
import { UsageError } from '../errors.js';
import type { GivenOptions, OptionSpecs } from '../options/index.js';

/** Flags for a search that many processes share, and for who chooses its settings. */
export const workerOptions = {
  chooser: {
    flags: '--chooser <name>',
    help: 'who chooses the settings of trials: random, drawn at random, in rounds (default); or optuna, by the program of that name, from the results so far',
    type: 'string',
    choices: ['random', 'optuna'],
  },
  storage: {
    flags: '--storage <url>',
    help: 'with --chooser optuna, which it implies: database of the study, such as postgresql://user@host/database (default $OPTUNA_STORAGE, else study.db in the directory)',
    type: 'string',
  },
  study: {
    flags: '--study <name>',
    help: 'with --chooser optuna: name of the study (default the name of the directory)',
    type: 'string',
  },
  lease: {
    flags: '--lease <seconds>',
    help: 'how long another machine may be silent before its trial is taken over, 0.1 to 300 (default 30)',
    type: 'number',
  },
} as const satisfies OptionSpecs;

/**
 * Returns who chooses the settings of trials; undefined for random draws.
 * @throws {UsageError} for flags that do not go together.
 */
export const chooserFor = (
  { chooser, storage, study }: GivenOptions<typeof workerOptions>,
  { directory, eta }: { directory: string; eta: number | undefined },
): Chooser | undefined => {
  const isOptuna = chooser === 'optuna' || (chooser === undefined && storage !== undefined);
  if (!isOptuna) {
    for (const [flag, value] of Object.entries({ storage, study }))
      if (value !== undefined) throw new UsageError('usage', `--${flag} needs --chooser optuna`);
    return undefined;
  }
  if (eta !== undefined)
    throw new UsageError('usage', '--eta is for rounds; with --chooser optuna, each trial has all epochs');
  const inDirectory = `sqlite:///${join(directory, 'study.db')}`;
  return optuna({
    storage: storage ?? (process.env.OPTUNA_STORAGE || inDirectory),
    study: study ?? basename(resolve(directory)),
  });
};
