import type { LogLine } from '../fit/index.js';

/** A number of a training at one of its steps, by the name that trackers show. */
export interface Scalar {
  readonly name: string;
  readonly step: number;
  readonly value: number;
}

/** What the names of the scalars of a test begin with. */
export const testPrefix = 'test/';

/**
 * Turns lines of a run's log into scalars. Those of a test stand at the last step of the epoch that was tested, so it remembers the epochs it has seen.
 */
export class ScalarsOfLog {
  readonly #lastSteps = new Map<number, number>();

  /** Returns the scalars of a line. */
  of(line: LogLine): Scalar[] {
    const named = (step: number, values: Readonly<Record<string, number>>, prefix: string): Scalar[] =>
      Object.entries(values).map(([name, value]) => ({ name: prefix + name, step, value }));
    if (line.event === 'step') return named(line.step, { step_loss: line.loss }, 'train/');
    if (line.event === 'test') {
      const values = Object.entries(line.metrics).map(([name, { value }]) => [name, value] as const);
      return named(this.#lastSteps.get(line.epoch) ?? 0, Object.fromEntries(values), testPrefix);
    }
    const { epoch, step, loss, learningRate, validation = {} } = line;
    this.#lastSteps.set(epoch, step);
    return [
      ...named(step, { loss, learning_rate: learningRate, epoch }, 'train/'),
      ...named(step, validation, 'validation/'),
    ];
  }
}
