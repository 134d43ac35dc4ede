import { setTimeout as sleep } from 'node:timers/promises';
import type { StudioEvent } from '../protocol/index.js';
import type { RunsFolder } from './runs-folder.js';

/** Who is told of changes, and the runs whose logs they follow. */
interface Follower {
  readonly follow: ReadonlySet<string>;
  readonly send: (event: StudioEvent) => void;
}

/** Looks take at most a part of the time: one that took long is followed by a longer pause. */
const pausePerLook = 10;

/** Looks at a folder of runs again and again, as long as someone follows. */
export class RunsWatch {
  readonly #folder: RunsFolder;
  /** Ms between two looks. */
  readonly #interval: number;
  readonly #onGone: (names: readonly string[]) => void;
  readonly #followers = new Set<Follower>();
  #looking: Promise<void> | undefined;
  #isWatching = false;
  readonly #end = new AbortController();

  /** @param options.onGone told of runs that are gone, whether someone follows or not. */
  constructor(
    folder: RunsFolder,
    { interval, onGone }: { interval: number; onGone: (names: readonly string[]) => void },
  ) {
    this.#folder = folder;
    this.#interval = interval;
    this.#onGone = onGone;
  }

  /**
   * Tells of all runs and of the logs that are followed, and then of their changes.
   * @returns ends it.
   */
  async follow(runs: readonly string[], send: (event: StudioEvent) => void): Promise<() => void> {
    await this.look();
    const follower = { follow: new Set(runs), send };
    const known = new Set(this.#folder.runs.map(({ name }) => name));
    send({ type: 'runs', folder: this.#folder.shown, all: true, runs: this.#folder.runs, gone: [] });
    for (const name of follower.follow) if (known.has(name)) send(this.#folder.run(name).wholeLog());
    this.#followers.add(follower);
    if (!this.#isWatching) void this.#watch();
    return () => this.#followers.delete(follower);
  }

  /** Looks once, and tells all followers what has changed. Those who ask at the same time share a look. */
  look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  close(): void {
    this.#followers.clear();
    this.#end.abort();
  }

  async #lookOnce(): Promise<void> {
    const { runs, gone, logs } = await this.#folder.look();
    if (gone.length > 0) this.#onGone(gone);
    for (const { follow, send } of this.#followers) {
      if (runs.length + gone.length > 0) send({ type: 'runs', folder: this.#folder.shown, all: false, runs, gone });
      for (const log of logs) if (follow.has(log.run)) send(log);
    }
  }

  async #watch(): Promise<void> {
    this.#isWatching = true;
    const { signal } = this.#end;
    while (this.#followers.size > 0 && !signal.aborted) {
      const start = performance.now();
      await this.look();
      const pause = Math.max(this.#interval, pausePerLook * (performance.now() - start));
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
    this.#isWatching = false;
  }
}
