import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { countTrainBatches, Rng, type Split } from '@recsys/data';
import { RecsysError } from '@recsys/errors';
import { maxLengthOf, type SequentialModel } from '@recsys/model';
import { TrainingError } from '../errors.js';
import { type FitResult, fit } from '../fit/index.js';
import { drawSettings, type SearchSpace } from './search-space.js';
import { type Rung, rankTrials } from './successive-halving.js';
import type { TrialRecord } from './trial-record.js';
import type { CheckedOptions, Trial, TrialPlan, TunedTrial, TuneResult } from './tune-options.js';
import { type TuningDirectory, undefinedIfTaken } from './tuning-directory.js';

/** Codes of errors that are the fault of the settings of a trial, so that others may do better. */
const faultsOfTrials: readonly string[] = ['diverged', 'too-large', 'out-of-memory'];

/** Milliseconds between two looks for work. */
const pollMs = 300;

/** One call of `tune`. */
export class Tuner {
  readonly #split: Split;
  readonly #options: CheckedOptions;
  readonly #space: SearchSpace;
  readonly #state: TuningDirectory;
  readonly #rungs: readonly Rung[];
  /** The trials of each round that has begun, in the order in which they take part. */
  readonly #taking: number[][] = [];
  /** The last record of each trial. */
  readonly #last = new Map<number, TrialRecord>();

  constructor(
    split: Split,
    options: CheckedOptions,
    { space, state, rungs }: { space: SearchSpace; state: TuningDirectory; rungs: readonly Rung[] },
  ) {
    this.#split = split;
    this.#options = options;
    this.#space = space;
    this.#state = state;
    this.#rungs = rungs;
  }

  async tune(): Promise<TuneResult> {
    let taking = Array.from({ length: this.#options.trials }, (_, trial) => trial);
    for (let number = 0; number < this.#rungs.length; number++) {
      this.#taking.push(taking);
      if (!(await this.#finish(number, taking))) return this.#result('aborted');
      const ranked = rankTrials(taking.map((trial) => this.#last.get(trial)!));
      taking = ranked.slice(0, this.#rungs[number + 1]?.trials).map(({ trial }) => trial);
    }
    const { chooser } = this.#options;
    const isOver = chooser === undefined || (await this.#state.closeChoices(() => chooser.close(this.#state.chosen)));
    if (isOver) await this.#state.tidy();
    const result = this.#result('rungs');
    if (result.best === undefined) throw noResult(result.trials);
    return result;
  }

  /**
   * Trains trials of a round until all have a record, by this process or another one; false if that was aborted. Which trials the next round has follows
   * from the records alone, so that all processes go on with the same ones.
   */
  async #finish(number: number, taking: readonly number[]): Promise<boolean> {
    const { signal, onWait } = this.#options;
    let isWaiting = false;
    for (let turn = 0; ; turn++) {
      await this.#state.look();
      await this.#report(number, taking);
      const left = taking.filter((trial) => this.#state.recordOf(trial, number) === undefined);
      if (left.length === 0) return true;
      if (signal?.aborted) return false;
      const found = await this.#work(number, left, turn);
      if (found === 'aborted') return false;
      if (found === 'worked') isWaiting = false;
      else {
        if (!isWaiting) onWait?.(left.length);
        isWaiting = true;
        await sleep(pollMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /**
   * Does one piece of work of a round: trains a trial that nobody has, or one of a process that is gone, or chooses settings for the next one.
   *
   * @param turn which of the trials that others have is looked at: to see whether a process on another machine still is there takes time.
   */
  async #work(number: number, left: readonly number[], turn: number): Promise<'worked' | 'aborted' | 'nothing'> {
    const trials = left.filter((trial) => this.#isChosen(trial));
    const held = trials.filter((trial) => this.#state.isMarked(trial));
    const free = trials.filter((trial) => !this.#state.isMarked(trial));
    const oneHeld = held.length === 0 ? [] : [held[turn % held.length]];
    for (const trial of [...free, ...oneHeld]) {
      const lock = await this.#state.claim(trial);
      if (lock === undefined) continue;
      try {
        // Another process may have ended it just before.
        await this.#state.look();
        if (this.#state.recordOf(trial, number) !== undefined) return 'worked';
        const record = await this.#train(this.#trialOf(trial), number, left.length);
        if (record === undefined) return 'aborted';
        await lock.assertHeld();
        const choice = this.#state.choiceOf(trial);
        if (choice !== undefined) await this.#options.chooser?.tell(choice.id, record.value);
        await lock.assertHeld();
        await this.#state.add(record);
        return 'worked';
      } catch (error) {
        undefinedIfTaken(error);
      } finally {
        await lock.release();
      }
    }
    return trials.length < left.length && (await this.#choose()) ? 'worked' : 'nothing';
  }

  /** Lets the chooser choose settings for the next trial; false if another process does that just now. */
  async #choose(): Promise<boolean> {
    const { chooser, start, seed, trials } = this.#options;
    const lock = await this.#state.claimChoice();
    if (lock === undefined) return false;
    try {
      await this.#state.look();
      const next = Array.from({ length: trials }, (_, trial) => trial).find((trial) => !this.#isChosen(trial));
      if (next === undefined) return true;
      const known = this.#state.chosen;
      const ask = { space: this.#space, start, seed: new Rng(seed, next).below(2 ** 31), known };
      await this.#state.addChoice(next, lock, ({ wasKilled }) => chooser!.ask({ ...ask, wasKilled }));
      return true;
    } catch (error) {
      undefinedIfTaken(error);
      return false;
    } finally {
      await lock.release();
    }
  }

  /** Returns whether it is known what a trial tries. */
  #isChosen(trial: number): boolean {
    return trial === 0 || this.#options.chooser === undefined || this.#state.choiceOf(trial) !== undefined;
  }

  #trialOf(trial: number): Trial {
    const { start, seed } = this.#options;
    // A trial has a stream of its own: its settings do not depend on how many others there are.
    const drawn = () => drawSettings(this.#space, start, new Rng(seed, trial));
    const settings = trial === 0 ? start : (this.#state.choiceOf(trial)?.settings ?? drawn());
    return { trial, settings, directory: this.#state.runOf(trial) };
  }

  /** Tells of the records that are new to this process. */
  async #report(number: number, taking: readonly number[]): Promise<void> {
    const recordsOf = (trials: readonly number[], rung: number) =>
      trials.flatMap((trial) => this.#state.recordOf(trial, rung) ?? []);
    const fresh = recordsOf(taking, number).filter(({ trial }) => this.#last.get(trial)?.rung !== number);
    if (fresh.length === 0) return;
    for (const record of fresh) this.#last.set(record.trial, record);
    await this.#state.writeLog(this.#taking.flatMap(recordsOf));
    for (const record of fresh) this.#options.onRecord?.(record, this.#trialOf(record.trial));
  }

  /** Trains a trial to the end of a round; undefined if that was aborted. `left` is how many of the round there are, with this one. */
  async #train(trial: Trial, number: number, left: number): Promise<TrialRecord | undefined> {
    const before = this.#last.get(trial.trial);
    const maxSeconds = this.#secondsFor(number, left, before);
    const common = { trial: trial.trial, rung: number };
    if (maxSeconds !== undefined && maxSeconds <= (before?.seconds ?? 0)) {
      const reached = before ?? { epochs: 0, seconds: 0, value: null, bestEpoch: null };
      return { ...reached, ...common, stopped: 'seconds' };
    }
    if (this.#options.signal?.aborted) return undefined;
    this.#options.onTrial?.(trial, { ...this.#rungs[number], number });
    let model: SequentialModel | undefined;
    let clock = () => performance.now();
    let startedAt = clock();
    try {
      const plan = await this.#options.prepare(trial);
      model = plan.model;
      clock = plan.fit.clock ?? clock;
      startedAt = clock();
      const result = await this.#fit(plan, trial, { rung: this.#rungs[number], maxSeconds });
      if (result.stopped === 'aborted') return undefined;
      const { best, epochs, seconds } = result;
      const stopped = result.stopped === 'steps' || result.stopped === 'epochs' ? 'rung' : result.stopped;
      return { ...common, epochs, seconds, value: best?.value ?? null, bestEpoch: best?.epoch ?? null, stopped };
    } catch (error) {
      if (!RecsysError.isInstance(error) || !faultsOfTrials.includes(error.code)) throw error;
      const { epochs, seconds: secondsBefore } = before ?? { epochs: 0, seconds: 0 };
      const seconds = secondsBefore + Math.max(0, clock() - startedAt) / 1000;
      return { ...common, epochs, seconds, value: null, bestEpoch: null, stopped: 'failed', problem: error.problem };
    } finally {
      model?.dispose();
    }
  }

  /** Trains the run of a trial up to the last step of a round: its schedule is that of all epochs, so it can go on in the next one. */
  #fit(
    { model, fit: options }: TrialPlan,
    { directory }: Trial,
    { rung, maxSeconds }: { rung: Rung; maxSeconds: number | undefined },
  ): Promise<FitResult> {
    const { batchSize = 128, windows = false, validation } = options;
    if (validation === false)
      throw new TrainingError(
        'bad-option',
        'tune: option fit.validation of a trial must not be false: trials are ranked by it',
      );
    const batches = countTrainBatches(this.#split.train, { batchSize, windows, maxLength: maxLengthOf(model) });
    const every = validation?.every ?? 1; // a round ends with a validation
    const { epochs, signal } = this.#options;
    return fit(model, this.#split, {
      ...options,
      epochs,
      runDirectory: directory,
      resume: existsSync(join(directory, 'config.json')),
      maxSteps: Math.min(epochs, Math.ceil(rung.epochs / every) * every) * batches,
      ...(maxSeconds !== undefined && { maxSeconds }),
      ...(signal && { signal }),
    });
  }

  /** Returns the seconds of training, since its start, after which a trial must stop in a round. */
  #secondsFor(number: number, left: number, before: TrialRecord | undefined): number | undefined {
    const { seconds } = this.#options;
    if (seconds === undefined) return undefined;
    const spent = [...this.#last.values()].reduce((sum, record) => sum + record.seconds, 0);
    const ofRungs = (seconds * (number + 1)) / this.#rungs.length;
    return (before?.seconds ?? 0) + (ofRungs - spent) / left;
  }

  #result(stopped: TuneResult['stopped']): TuneResult {
    const all = [...this.#last.values()].map((record) => ({ ...this.#trialOf(record.trial), ...record }));
    const ranked = rankTrials(all);
    const trials = [...ranked, ...all.filter(({ value }) => value === null).sort((a, b) => a.trial - b.trial)];
    return { stopped, best: ranked[0], trials, rungs: this.#rungs };
  }
}

const noResult = (trials: readonly TunedTrial[]): TrainingError => {
  const problem = trials.find((trial) => trial.problem !== undefined)?.problem;
  return new TrainingError(
    'no-result',
    problem === undefined
      ? 'tune: no trial was validated even once; the budget is too small.'
      : `tune: all trials failed; one of them: ${problem}`,
    problem === undefined ? { advice: { option: 'seconds', purpose: 'to give it more time' } } : {},
  );
};
