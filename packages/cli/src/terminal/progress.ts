import { Presets, SingleBar } from 'cli-progress';
import { formatSeconds } from './format.js';
import type { Output } from './style.js';
import { widthOf } from './wrap.js';

/** Where a long step is. */
interface ProgressEvent {
  /** What is done: `validation`, `epoch 3/40`. */
  readonly step: string;
  /** Units that are done, of `total`; absent where that cannot be known. */
  readonly done?: number;
  readonly total?: number;
  /** Seconds since the step began here; a resumed step does not count what was done before. */
  readonly seconds: number;
}

interface ProgressOptions {
  /** Where a person reads: a bar on a terminal, elsewhere a plain line now and then. */
  readonly stream: Output;
  /** Takes events for a machine, in place of all that a person reads. */
  readonly onEvent?: ((event: ProgressEvent) => void) | undefined;
  /** Milliseconds; default `performance.now`. */
  readonly clock?: (() => number) | undefined;
}

interface Step {
  readonly label: string;
  readonly startedAt: number;
  /** Units that were done when the step began here. */
  readonly before: number;
  reportedAt: number;
}

/** Seconds between two plain lines, and between two events. */
const [secondsBetweenLines, secondsBetweenEvents] = [30, 5];

/** Milliseconds after which a step without a total is shown on a terminal: most are over before. */
const patience = 300;

/** Returns to the start of the line of a terminal, and removes what is on it. */
const clearLine = '\r\u001b[K';

/** Shows how far a long step is: a line that is rewritten on a terminal, and elsewhere a line or an event from time to time. */
export class Progress {
  readonly #stream: Output;
  readonly #onEvent: ((event: ProgressEvent) => void) | undefined;
  readonly #clock: () => number;
  #step: Step | undefined;
  #bar: SingleBar | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRewritten = false;

  constructor({ stream, onEvent, clock = () => performance.now() }: ProgressOptions) {
    this.#stream = stream;
    this.#onEvent = onEvent;
    this.#clock = clock;
  }

  /** Notes that `done` of `total` units of a step are done; the first call begins the step. Without a total there is no bar. */
  update(
    label: string,
    { done, total, detail = '' }: { done: number; total: number | undefined; detail?: string },
  ): void {
    const step = this.#stepOf(label, done);
    const seconds = this.#secondsOf(step);
    if (total === undefined) {
      if (this.#showsBar) this.#rewrite(`${label}  ${detail}`);
      else this.#report(step, { step: label, done, seconds }, [detail]);
      return;
    }
    const left = done > step.before ? (seconds / (done - step.before)) * (total - done) : undefined;
    const eta = left === undefined ? '' : `eta ${formatSeconds(left)}`;
    if (this.#showsBar) {
      const texts = { label: label.padEnd(14), detail: [detail, eta].filter((text) => text !== '').join('  ') };
      this.#bar ??= this.#newBar(done, total, texts);
      this.#bar.setTotal(total);
      this.#bar.update(done, texts);
      return;
    }
    const percent = `${Math.floor((100 * done) / Math.max(total, 1))} %`;
    this.#report(step, { step: label, done, total, seconds }, [percent, detail, eta]);
  }

  /** Shows that a step without a known end goes on, until it ends. */
  async during<T>(label: string, work: () => Promise<T>): Promise<T> {
    const step = this.#stepOf(label, 0);
    const timer = setInterval(() => {
      if (this.#step !== step) return;
      const seconds = this.#secondsOf(step);
      if (!this.#showsBar) this.#report(step, { step: label, seconds }, [formatSeconds(seconds)]);
      else if (seconds * 1000 >= patience) this.#rewrite(`${label}  ${formatSeconds(seconds)}`);
    }, patience);
    this.#timer = timer.unref();
    try {
      return await work();
    } finally {
      clearInterval(timer);
      if (this.#step === step) this.stop();
    }
  }

  /** Ends the step, and removes its line from a terminal. */
  stop(): void {
    this.#bar?.stop();
    clearInterval(this.#timer);
    if (this.#isRewritten) this.#stream.write(clearLine);
    this.#isRewritten = false;
    this.#bar = undefined;
    this.#timer = undefined;
    this.#step = undefined;
  }

  #rewrite(text: string): void {
    const fitting = [...text].slice(0, Math.min(widthOf(this.#stream), 200) - 1).join('');
    this.#stream.write(`${clearLine}${fitting}`);
    this.#isRewritten = true;
  }

  get #showsBar(): boolean {
    return this.#onEvent === undefined && this.#stream.isTTY === true;
  }

  #secondsOf({ startedAt }: Step): number {
    return (this.#clock() - startedAt) / 1000;
  }

  #stepOf(label: string, before: number): Step {
    if (this.#step?.label === label) return this.#step;
    this.stop();
    const now = this.#clock();
    this.#step = { label, startedAt: now, before, reportedAt: now };
    return this.#step;
  }

  #newBar(done: number, total: number, texts: object): SingleBar {
    const bar = new SingleBar(
      {
        stream: this.#stream as NodeJS.WritableStream,
        format: '{label} [{bar}] {percentage} %  {detail}',
        hideCursor: true,
        clearOnComplete: true,
        barsize: widthOf(this.#stream) < 70 ? 10 : 20,
      },
      Presets.legacy,
    );
    bar.start(total, done, texts);
    return bar;
  }

  /** Reports a step where there is no terminal, unless it did so a short while ago. */
  #report(step: Step, event: ProgressEvent, texts: readonly string[]): void {
    const now = this.#clock();
    const between = this.#onEvent === undefined ? secondsBetweenLines : secondsBetweenEvents;
    if (now - step.reportedAt < 1000 * between) return;
    step.reportedAt = now;
    if (this.#onEvent !== undefined) this.#onEvent(event);
    else this.#stream.write(`${step.label}: ${texts.filter((text) => text !== '').join(', ')}\n`);
  }
}
