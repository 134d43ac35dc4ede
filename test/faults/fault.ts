/** What came of a kind of fault, tried many times. */
export interface FaultRecord {
  /** Faults caused. */
  readonly tried: number;
  /** Faults after which all was as it must be. */
  readonly survived: number;
  /** What went wrong with each of the others. */
  readonly losses: readonly string[];
  /** Counts of a kind of fault's own. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** A kind of fault: what it does to which part, at a size that tests take and at the full one. */
export interface Fault<Size extends object> {
  /** What is done, and what must come of it, in a sentence. */
  readonly about: string;
  readonly short: Size;
  readonly long: Size;
  run(size: Size, report: (line: string) => void): Promise<FaultRecord>;
}

/** Counts faults as they are tried. */
export class Tally {
  #tried = 0;
  readonly #losses: string[] = [];

  /** Counts a fault, and what was lost by it, if anything. */
  add(loss?: string): void {
    this.#tried += 1;
    if (loss !== undefined) this.#losses.push(loss);
  }

  record(details: Record<string, unknown> = {}): FaultRecord {
    return { tried: this.#tried, survived: this.#tried - this.#losses.length, losses: this.#losses, details };
  }
}
