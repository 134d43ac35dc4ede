import { assertKnownOptions } from '@recsys/errors';
import { z } from 'zod';
import { TrainingError } from '../errors.js';
import type { Chooser } from './chooser.js';
import { runOptuna } from './optuna-program.js';
import { type Dimension, rounded, type SearchSpace, type Settings, settingsWith } from './search-space.js';

/** Where the study is. */
export interface OptunaOptions {
  /**
   * URL of the database, as Optuna takes it: `sqlite:///study.db`, or `postgresql://user:password@host/database` for machines that share no disk
   * that SQLite is safe on. The program gets it in its environment, so that no list of processes shows a password.
   */
  readonly storage: string;
  /** Name of the study, which is made if it is missing, and must have no trials. */
  readonly study: string;
  /** The program. Default `optuna`, from `PATH`. */
  readonly program?: string | undefined;
}

/**
 * TPE on all settings together. Trials that still run count as bad, so that processes at work at the same time do not try the same; both are options
 * of Optuna's.
 */
const sampler = { multivariate: true, constant_liar: true };

const paramsSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
const askedSchema = z.object({ number: z.int(), params: paramsSchema });
const trialsSchema = z.array(z.object({ number: z.int(), state: z.string(), params: paramsSchema.optional() }));
type Params = z.output<typeof paramsSchema>;

/**
 * Returns a chooser that asks Optuna (Akiba et al. 2019), by its own command `optuna`, of version 3.1 or later: by the tree-structured Parzen
 * estimator (Bergstra et al. 2011). Nothing of Python is loaded into this process.
 *
 * @throws {TrainingError} `bad-option`. What it returns throws `chooser-failed` when the program is missing or fails.
 * @example
 * await tune(split, { ...options, chooser: optuna({ storage: 'sqlite:///study.db', study: 'movies' }) });
 */
export const optuna = (options: OptunaOptions): Chooser => {
  assertKnownOptions('optuna', options, ['storage', 'study', 'program'], { ErrorClass: TrainingError });
  const { storage, study, program = 'optuna' } = options;
  for (const [name, value] of Object.entries({ storage, study, program }))
    if (typeof value !== 'string' || value === '')
      throw new TrainingError('bad-option', `optuna: ${name} must be text, got ${JSON.stringify(value)}`);
  const run = (command: string, ...given: string[]) =>
    runOptuna(program, [command, `--study-name=${study}`, ...given], storage);
  const trials = async () => trialsSchema.parse(JSON.parse(await run('trials', '--format', 'json')));
  /** Trials that were asked for, and that nobody knows of. */
  const strangers = async (known: readonly number[]) =>
    (await trials()).filter(({ number, state }) => state === 'RUNNING' && !known.includes(number));
  const fail = (number: number) =>
    run('tell', `--trial-number=${number}`, '--state', 'fail', '--skip-if-finished').then(() => undefined);
  return {
    identity: { name: 'optuna', study },
    prepare: async () => {
      await run('create-study', '--direction', 'maximize', '--skip-if-exists');
      if ((await trials()).length > 0)
        throw new TrainingError('bad-option', `optuna: study ${study} already has trials.`, {
          advice: { option: 'study', purpose: 'to name another one' },
        });
    },
    ask: async ({ space, start, seed, known, wasKilled }) => {
      const choiceOf = ({ number, params }: { number: number; params: Params }) => ({
        id: number,
        settings: settingsWith(space, start, (dimension, name) => decoded(dimension, params[name])),
      });
      const names = Object.keys(space);
      for (const { number, params = {} } of wasKilled ? await strangers(known) : []) {
        if (names.every((name) => params[name] !== undefined)) return choiceOf({ number, params });
        await fail(number); // it was killed before it had all settings
      }
      const kwargs = JSON.stringify({ ...sampler, seed });
      const given = ['--sampler', 'TPESampler', '--sampler-kwargs', kwargs, '--format', 'json'];
      const printed = await run('ask', ...given, '--search-space', JSON.stringify(distributionsOf(space)));
      return choiceOf(askedSchema.parse(JSON.parse(printed)));
    },
    tell: async (id, value) => {
      if (value === null) await fail(id);
      else await run('tell', `--trial-number=${id}`, `--values=${value}`, '--skip-if-finished');
    },
    close: async (known) => {
      for (const { number } of await strangers(known)) await fail(number);
    },
  };
};

/** Returns a search space as Optuna reads it. */
const distributionsOf = (space: SearchSpace): object =>
  Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => [
      name,
      dimension.kind === 'choice'
        ? { name: 'CategoricalDistribution', attributes: { choices: dimension.values.map(encoded) } }
        : {
            name: 'FloatDistribution',
            attributes: { low: dimension.low, high: dimension.high, step: null, log: dimension.kind === 'log' },
          },
    ]),
  );

/** Choices of Optuna's are numbers, text and booleans: settings that go together are text. */
const encoded = (value: Settings[string] | Settings): Settings[string] =>
  typeof value === 'object' ? JSON.stringify(value) : value;

const decoded = (dimension: Dimension, value: Settings[string]): Settings[string] | Settings =>
  dimension.kind === 'choice' ? dimension.values.find((own) => encoded(own) === value)! : rounded(Number(value));
