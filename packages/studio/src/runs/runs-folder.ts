import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { checkpointsOf } from '@recsys/model/node';
import { StudioError } from '../errors.js';
import type { RunLog, RunSummary } from '../protocol/index.js';
import { findRuns } from './find-runs.js';
import { Run } from './run.js';

/** Runs that are looked at at the same time. */
const together = 32;

/** What has changed since the last look. */
interface FolderChange {
  readonly runs: readonly RunSummary[];
  readonly gone: readonly string[];
  readonly logs: readonly RunLog[];
}

/** The runs below a folder. A run that is named itself is the only one. */
export class RunsFolder {
  /** As it was given. */
  readonly shown: string;
  readonly #root: string;
  /** The only run. */
  readonly #only: string | undefined;
  #runs = new Map<string, Run>();

  constructor(folder: string) {
    this.shown = folder;
    const path = resolve(folder);
    this.#only = existsSync(join(path, 'config.json')) ? basename(path) : undefined;
    this.#root = this.#only === undefined ? path : dirname(path);
  }

  /** The runs of the last look. */
  get runs(): readonly RunSummary[] {
    return [...this.#runs.values()].flatMap(({ summary }) => summary ?? []);
  }

  /** Looks at all runs, and returns what has changed. */
  async look(): Promise<FolderChange> {
    const found = await findRuns(this.#root, this.#only, this.#only === undefined ? 0 : 1);
    const before = this.#runs;
    const runs = new Map(found.sort().map((name) => [name, before.get(name) ?? new Run(name, join(this.#root, name))]));
    const changed: RunSummary[] = [];
    const logs: RunLog[] = [];
    const all = [...runs.values()];
    for (let start = 0; start < all.length; start += together)
      await Promise.all(
        all.slice(start, start + together).map(async (run) => {
          const { changed: isChanged, log } = await run.look();
          if (isChanged) changed.push(run.summary!);
          if (log !== undefined) logs.push(log);
        }),
      );
    this.#runs = runs;
    return { runs: changed, gone: [...before.keys()].filter((name) => !runs.has(name)), logs };
  }

  /**
   * Returns a run by its name: one of those that were found, so that no name leads out of the folder.
   * @throws {StudioError} `unknown-run`.
   */
  run(name: string): Run {
    const run = this.#runs.get(name);
    if (run === undefined)
      throw new StudioError('unknown-run', `there is no run ${name}; it may have been moved or deleted`);
    return run;
  }

  /**
   * Checks that the checkpoints of a run are in the folder, and are not reached by a link.
   * @throws {StudioError} `bad-run`.
   */
  async assertInside({ path }: Run): Promise<void> {
    const [root, checkpoints] = await Promise.all(
      [this.#root, checkpointsOf(path)].map((own) => realpath(own).catch(() => '')),
    );
    if (checkpoints !== '' && !checkpoints.startsWith(`${root}${sep}`))
      throw new StudioError('bad-run', 'its checkpoints are a link that leads out of the folder of runs');
  }
}
