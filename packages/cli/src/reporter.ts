import type { EvaluationResult } from '@recsys/training';
import { Presets, SingleBar } from 'cli-progress';
import { jsonLine, printable } from './printable.js';

/** Reports progress and results: aligned lines and bars for a person, or one JSON object per line. */
export class Reporter {
  readonly #json: boolean;
  readonly #quiet: boolean;
  #bar: SingleBar | undefined;
  #barStart = 0;

  /** @param options.quiet print remarks only. */
  constructor({ json, quiet = false }: { json: boolean; quiet?: boolean }) {
    this.#json = json;
    this.#quiet = quiet;
  }

  /**
   * Prints a line `label  text` for a person, or the event for a machine.
   * @param options.lines more lines for a person, below the first.
   */
  report(
    label: string,
    text: string,
    event: Record<string, unknown>,
    { lines = [] }: { lines?: readonly string[] | undefined } = {},
  ): void {
    this.stopBar();
    if (this.#quiet) return;
    const shown = [`${label.padEnd(8)} ${text}`, ...lines].map((line) => `${printable(line)}\n`).join('');
    process.stdout.write(this.#json ? jsonLine({ event: label, ...event }) : shown);
  }

  /** Prints a remark, not a result: on the error stream, so that pipes stay clean. */
  remark(text: string): void {
    this.stopBar();
    process.stderr.write(`${printable(text)}\n`);
  }

  /** Shows a progress bar on a terminal; nothing elsewhere, and nothing with JSON. */
  progress(label: string, done: number, total: number, detail = ''): void {
    if (this.#json || !process.stderr.isTTY) return;
    if (this.#bar === undefined) {
      this.#bar = new SingleBar(
        {
          format: '{label} [{bar}] {percentage} %  {detail}  eta {left}',
          hideCursor: true,
          clearOnComplete: true,
          barsize: 20,
        },
        Presets.legacy,
      );
      this.#barStart = performance.now();
      this.#bar.start(total, done, { label, detail, left: '' });
    }
    const elapsed = (performance.now() - this.#barStart) / 1000;
    const left = done > 0 ? formatSeconds((elapsed / done) * (total - done)) : '';
    this.#bar.setTotal(total);
    this.#bar.update(done, { label: label.padEnd(14), detail, left });
  }

  /** Removes the progress bar. */
  stopBar(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

export const formatCount = (count: number): string => count.toLocaleString('en-US');

export const formatSeconds = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
};

/** Returns `NDCG@10 0.4127 [0.402, 0.424]  HR@10 …` for the cut-offs of an evaluation. */
export const formatMetrics = ({ metrics }: Pick<EvaluationResult, 'metrics'>): string =>
  Object.entries(metrics)
    .filter(([name]) => !name.startsWith('mrr'))
    .sort(([a], [b]) => Number(a.startsWith('hr')) - Number(b.startsWith('hr')))
    .map(
      ([name, { value, low, high }]) =>
        `${name.toUpperCase()} ${value.toFixed(4)} [${low.toFixed(3)}, ${high.toFixed(3)}]`,
    )
    .join('  ');

/** Returns how an evaluation was made: `sampled-100, 610 targets`. */
export const formatProtocol = ({ protocol, numNegatives, numTargets }: EvaluationResult): string =>
  `${protocol === 'full' ? 'full ranking' : `${protocol}-${numNegatives}`}, ${formatCount(numTargets)} targets`;
