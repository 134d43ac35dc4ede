import type { EvaluationResult } from '@recsys/training';
import { jsonLine, printable } from './printable.js';
import { formatCount, type Output, Progress, type Style, styled, widthOf, wrapText } from './terminal/index.js';

export { formatCount, formatSeconds } from './terminal/index.js';

/** Columns of the labels, and of the space after them. */
const labelWidth = 8;

interface ReporterOptions {
  readonly json: boolean;
  /** Print remarks only. */
  readonly quiet?: boolean;
  /** For results. Default standard output. */
  readonly output?: Output;
  /** For remarks and progress. Default standard error. */
  readonly errors?: Output;
  /** Milliseconds, for progress. Default `performance.now`. */
  readonly clock?: () => number;
}

interface LineOptions {
  /** More lines for a person, below the first. */
  readonly lines?: readonly string[] | undefined;
  /** How the text is shown in colour, such as `green`. */
  readonly style?: Style | undefined;
}

/** Reports progress and results: aligned lines and bars for a person, or one JSON object per line. */
export class Reporter {
  readonly #json: boolean;
  readonly #quiet: boolean;
  readonly #output: Output;
  readonly #errors: Output;
  readonly #progress: Progress;

  constructor({ json, quiet = false, output = process.stdout, errors = process.stderr, clock }: ReporterOptions) {
    this.#json = json;
    this.#quiet = quiet;
    this.#output = output;
    this.#errors = errors;
    const onEvent = (event: object) => this.#output.write(jsonLine({ event: 'progress', ...event }));
    this.#progress = new Progress({ stream: errors, clock, ...(json && !quiet && { onEvent }) });
  }

  /** Prints a line `label  text` for a person, or the event for a machine. */
  report(label: string, text: string, event: Record<string, unknown>, { lines = [], style }: LineOptions = {}): void {
    this.stopBar();
    if (this.#quiet) return;
    if (this.#json) {
      this.#output.write(jsonLine({ event: label, ...event }));
      return;
    }
    const head = styled('cyan', printable(label).padEnd(labelWidth), this.#output);
    const shown = wrapText(printable(text), { width: widthOf(this.#output), indent: labelWidth + 1 });
    const [first, ...more] = style === undefined ? shown : shown.map((line) => styled(style, line, this.#output));
    const dimmed = [`${head} ${first}`, ...more, ...lines.map(printable)].map((line) => this.#dimmed(line));
    this.#output.write(`${dimmed.join('\n')}\n`);
  }

  /** Prints a remark, not a result: on the error stream, so that pipes stay clean. */
  remark(text: string): void {
    this.stopBar();
    const lines = wrapText(printable(text), { width: widthOf(this.#errors), indent: 0 });
    this.#errors.write(`${lines.map((line) => styled('yellow', line, this.#errors)).join('\n')}\n`);
  }

  /** Shows how far a long step is: a bar on a terminal, elsewhere a line or a JSON event from time to time. */
  progress(label: string, done: number, total: number | undefined, detail = ''): void {
    if (total === undefined || done < total) this.#progress.update(label, { done, total, detail });
    else this.stopBar();
  }

  /** Does work whose end cannot be foreseen, such as reading a file, and shows how long it takes. */
  during<T>(label: string, work: () => Promise<T>): Promise<T> {
    return this.#progress.during(printable(label), work);
  }

  /** Removes the progress bar. */
  stopBar(): void {
    this.#progress.stop();
  }

  /** Returns a line with its confidence intervals less bright than the values before them. */
  #dimmed(line: string): string {
    return line.replace(/\[[+-]?\d\.\d+, [+-]?\d\.\d+\]/g, (interval) => styled('dim', interval, this.#output));
  }
}

/** Returns a line for each cut-off of an evaluation: `NDCG@10 0.4127 [0.402, 0.424]  HR@10 …`. */
export const metricLines = ({ metrics }: Pick<EvaluationResult, 'metrics'>): string[] => {
  const cutoffs = new Map<string, string[]>();
  const shown = Object.entries(metrics)
    .filter(([name]) => !name.startsWith('mrr'))
    .sort(([a], [b]) => Number(a.startsWith('hr')) - Number(b.startsWith('hr')));
  for (const [name, { value, low, high }] of shown) {
    const cutoff = name.slice(name.indexOf('@'));
    const text = `${name.toUpperCase()} ${value.toFixed(4)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
    cutoffs.set(cutoff, [...(cutoffs.get(cutoff) ?? []), text]);
  }
  return [...cutoffs.values()].map((texts) => texts.join('  '));
};

/** Space before lines below the first. */
export const indent = ' '.repeat(labelWidth + 1);

/** Returns the metrics of a scorer behind its name, in columns; `lines` are those of further cut-offs. */
export const namedMetrics = (
  name: string,
  result: Pick<EvaluationResult, 'metrics'>,
): { text: string; lines: string[] } => {
  const [first, ...more] = metricLines(result);
  const nameWidth = 12;
  return {
    text: `${name.padEnd(nameWidth)} ${first}`,
    lines: more.map((line) => `${indent}${' '.repeat(nameWidth)} ${line}`),
  };
};

/** Returns a difference of a metric, with its sign: `+0.0041`. */
export const formatDifference = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(4)}`;

/** Returns how an evaluation was made: `sampled-100, 610 targets`. */
export const formatProtocol = ({ protocol, numNegatives, numTargets }: EvaluationResult): string =>
  `${protocol === 'full' ? 'full ranking' : `${protocol}-${numNegatives}`}, ${formatCount(numTargets)} targets`;
