/** Results of a kind of fault, tried many times. */
export interface FaultRecord {
  /** Number of faults caused. */
  readonly tried: number;
  /** Number of faults after which everything was as expected. */
  readonly survived: number;
  /** Description of each of the others. */
  readonly losses: readonly string[];
  /** Other counts, specific to the kind of fault. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** A kind of fault, with a small size for tests and a full one. */
export interface Fault<Size extends object> {
  /** What is done, and the expected result, in a sentence. */
  readonly about: string;
  readonly short: Size;
  readonly long: Size;
  run(size: Size, report: (line: string) => void): Promise<FaultRecord>;
}

/** Counts faults. */
export class Tally {
  #tried = 0;
  readonly #losses: string[] = [];

  /** Counts a fault, with a description of what was lost, if anything. */
  add(loss?: string): void {
    this.#tried += 1;
    if (loss !== undefined) this.#losses.push(loss);
  }

  record(details: Record<string, unknown> = {}): FaultRecord {
    return { tried: this.#tried, survived: this.#tried - this.#losses.length, losses: this.#losses, details };
  }
}
