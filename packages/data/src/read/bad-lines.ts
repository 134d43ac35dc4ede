import type { Advice } from '@recsys/errors';
import { DataError } from '../errors.js';
import type { InteractionsBuilder } from '../table/interactions-builder.js';

/** Skipping is advised from this many good lines on: where the first lines are bad, it is rarely those lines that are wrong. */
const enoughGood = 100;

const adviceOn: Readonly<Record<'skip' | 'format' | 'columns', Advice>> = {
  skip: { option: 'onError', value: 'skip', purpose: 'to skip such lines' },
  format: { option: 'format', purpose: 'if the source has another format than was detected' },
  columns: { option: 'columns', purpose: 'if your columns have other names' },
};

/** What is done with bad lines: the first is an error, or they are skipped and counted. */
export class BadLines {
  readonly #builder: InteractionsBuilder;
  readonly #onError: 'throw' | 'skip';
  #first = '';

  constructor(builder: InteractionsBuilder, onError: 'throw' | 'skip') {
    this.#builder = builder;
    this.#onError = onError;
  }

  /**
   * @param problem the line and what is wrong with it.
   * @param cause what may be wrong instead, if there are few good lines before it.
   */
  reject(problem: string, cause: 'format' | 'columns' | undefined): void {
    if (this.#onError === 'throw') {
      const chosen = this.#builder.size >= enoughGood ? 'skip' : cause;
      const details = chosen === undefined ? {} : { advice: adviceOn[chosen] };
      throw new DataError('bad-data', `${problem}.`, details);
    }
    if (this.#builder.skipped === 0) this.#first = problem;
    this.#builder.skipped += 1;
  }

  /** @throws {DataError} when more lines were skipped than read: then it is not those lines that are wrong. */
  end(name: string): void {
    const { skipped, size } = this.#builder;
    if (skipped > size)
      throw new DataError(
        'bad-data',
        `${name}: ${skipped} of ${skipped + size} lines are bad, which is too many to skip. The first is ${this.#first}.`,
      );
  }
}
