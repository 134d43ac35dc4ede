import { RecsysError } from '@recsys/errors';
import { checkpointNames } from '@recsys/model/node';
import { startScoring } from '@recsys/serve/scoring';
import { StudioError } from '../errors.js';
import type { RunsFolder } from '../runs/index.js';
import { type ItemsOptions, ItemTables } from './item-table.js';
import { OpenModel } from './open-model.js';

/** What loads a model of your own. */
export interface ModelThread {
  /** A module that runs `serveThread` of `@recsys/serve/thread`. */
  readonly thread: URL;
  /** What it is told: the second parameter of its `load`. */
  readonly threadData?: unknown;
}

interface OpenModelsOptions extends ItemsOptions {
  /** What loads the model of a run, by its path; undefined for a model of the library. */
  readonly threadFor?: ((run: string) => Promise<ModelThread | undefined>) | undefined;
  readonly threads: number;
  /** Most models that are kept. */
  readonly kept: number;
}

/** A model, and the checkpoints that there were when it was opened. */
interface Kept {
  readonly checkpoints: string;
  readonly model: Promise<OpenModel>;
}

/** Opens the models of runs when they are asked for, and keeps those that were asked for last. */
export class OpenModels {
  readonly #folder: RunsFolder;
  readonly #options: OpenModelsOptions;
  readonly #tables: ItemTables;
  /** By name of the run, least recently used first. */
  readonly #kept = new Map<string, Kept>();
  #isClosed = false;

  constructor(folder: RunsFolder, options: OpenModelsOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#tables = new ItemTables(options);
  }

  /**
   * Reads the table of items of the options, if there is one.
   * @throws {StudioError} `bad-option` when it cannot be read, or has no such column of titles.
   */
  async readItems(): Promise<void> {
    await this.#tables.given();
  }

  /**
   * Resolves to the model of a run.
   *
   * @param name of the run.
   * @param options.newest whether a model is opened again if the run has other checkpoints now.
   * @throws {StudioError} `unknown-run`, `bad-run`, `bad-model`.
   */
  async get(name: string, { newest = false } = {}): Promise<OpenModel> {
    const run = this.#folder.run(name);
    if (this.#isClosed) throw new StudioError('bad-request', 'the studio is closing');
    const checkpoints = newest || !this.#kept.has(name) ? (await checkpointNames(run.path)).join() : undefined;
    let kept = this.#kept.get(name);
    if (kept === undefined || (checkpoints !== undefined && kept.checkpoints !== checkpoints)) {
      void closed(kept);
      kept = { checkpoints: checkpoints ?? '', model: this.#open(name) };
      kept.model.catch(() => {
        if (this.#kept.get(name) === kept) this.#kept.delete(name);
      });
    }
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    for (const oldest of this.#kept.keys()) if (this.#kept.size > this.#options.kept) void this.#close(oldest);
    return kept.model;
  }

  /** Closes the models of runs that are gone. */
  drop(names: readonly string[]): void {
    for (const name of names) void this.#close(name);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#kept.keys()].map((name) => this.#close(name)));
  }

  async #open(name: string): Promise<OpenModel> {
    const run = this.#folder.run(name);
    if (run.settings === undefined) throw new StudioError('bad-run', run.summary?.problem ?? 'the run cannot be read');
    await this.#folder.assertInside(run);
    const table = await this.#tables.of(run);
    const { threadFor, threads } = this.#options;
    try {
      const own = await threadFor?.(run.path);
      const scoring = await startScoring(run.path, { items: table.attributes, threads, ...own });
      return new OpenModel(name, scoring, table);
    } catch (error) {
      if (!RecsysError.isInstance(error)) throw error;
      const { cause } = error;
      const isNew = RecsysError.isInstance(cause) && cause.code === 'not-trained';
      throw new StudioError('bad-model', isNew ? notTrained : error.problem, { cause: error });
    }
  }

  #close(name: string): Promise<void> {
    const kept = this.#kept.get(name);
    this.#kept.delete(name);
    return closed(kept);
  }
}

const notTrained = 'this run has no trained model yet; it has one when its first epoch is done';

const closed = async (kept: Kept | undefined): Promise<void> => {
  const model = await kept?.model.catch(() => undefined);
  await model?.close();
};
