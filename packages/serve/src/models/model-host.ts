import { ServeError } from '../errors.js';
import type { ServeMetrics } from '../metrics/index.js';
import {
  type RequestQueue,
  startThreadGroup,
  type ThreadGroup,
  type ThreadSettings,
  UnchangedModel,
} from '../scoring/index.js';
import type { HeldModel, ItemsSource, KnownAnswer, ModelInfo, ThreadData } from '../thread/index.js';

interface HostSettings {
  /** What is loaded when nothing else is named. */
  readonly path: string;
  readonly items: ItemsSource | undefined;
  readonly knownAnswers: readonly KnownAnswer[];
  /** What the module of the threads is told. */
  readonly threadData: unknown;
  readonly minKeptItems: number;
  readonly threads: Omit<ThreadSettings, 'onLost'>;
  /** Told why a model that was to take over was refused. */
  readonly onRefused: (error: ServeError) => void;
  /** Told of a model that answers from now on. */
  readonly onChange: (model: LoadedModel) => void;
  readonly metrics: () => ServeMetrics;
}

/** A model that answers. */
export interface LoadedModel extends ModelInfo {
  /** When it began to answer, ms since 1970. */
  readonly loadedAt: number;
  /** The version that a rollback goes back to. */
  readonly previousVersion: string | undefined;
}

/** Loads models beside the one that answers, and swaps them between two requests. One change at a time. */
export class ModelHost {
  readonly #settings: HostSettings;
  readonly #queue: RequestQueue;
  #current: { readonly group: ThreadGroup; readonly loadedAt: number } | undefined;
  #previous: HeldModel | undefined;
  /** The end of the change that was asked for last. */
  #changes: Promise<unknown> = Promise.resolve();
  readonly #retiring = new Set<Promise<void>>();
  #isClosed = false;

  constructor(queue: RequestQueue, settings: HostSettings) {
    this.#queue = queue;
    this.#settings = settings;
  }

  get model(): LoadedModel | undefined {
    if (this.#current === undefined) return undefined;
    const { group, loadedAt } = this.#current;
    return { ...group.info, loadedAt, previousVersion: this.#previous?.version };
  }

  /** Number of scoring threads that can work. */
  get threads(): number {
    return this.#current?.group.size ?? 0;
  }

  /** The threads of the model. */
  get group(): ThreadGroup | undefined {
    return this.#current?.group;
  }

  /**
   * Resolves to the model at a path when it answers; to the one that answers if it is the same version.
   * @throws {ServeError} `bad-model` when it was refused: the one before it goes on.
   */
  load(path: string = this.#settings.path): Promise<LoadedModel> {
    return this.#change('changed', path);
  }

  /**
   * Resolves to the model before the current one when it answers.
   * @throws {ServeError} `bad-request` when there is none.
   */
  rollBack(): Promise<LoadedModel> {
    return this.#change('rolled-back', undefined);
  }

  /** Resolves when all threads have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#changes;
    await this.#current?.group.retire();
    await Promise.all(this.#retiring);
  }

  #change(outcome: 'changed' | 'rolled-back', path: string | undefined): Promise<LoadedModel> {
    const change = this.#changes.then(() => this.#swap(outcome, path));
    this.#changes = change.catch(() => undefined);
    return change;
  }

  async #swap(outcome: 'changed' | 'rolled-back', path: string | undefined): Promise<LoadedModel> {
    if (this.#isClosed) throw new ServeError('not-ready', 'the service is closing');
    const { metrics, onChange, onRefused } = this.#settings;
    const source = path ?? this.#previous;
    if (source === undefined) throw new ServeError('bad-request', 'there is no model to roll back to');
    let group: ThreadGroup;
    try {
      group = await startThreadGroup(this.#dataFor(source), {
        ...this.#settings.threads,
        onLost: () => metrics().threadsLost.inc(),
      });
    } catch (error) {
      if (error instanceof UnchangedModel) return this.model!;
      metrics().modelChanges.inc({ outcome: 'refused' });
      if (error instanceof ServeError && this.#current !== undefined) onRefused(error);
      throw error;
    }
    const old = this.#current?.group;
    this.#previous = old?.held;
    this.#current = { group, loadedAt: Date.now() };
    this.#queue.use(group); // requests that wait are answered by the new model from here on
    metrics().modelChanges.inc({ outcome });
    onChange(this.model!);
    if (old !== undefined) {
      const retired = old.retire().finally(() => this.#retiring.delete(retired));
      this.#retiring.add(retired);
    }
    return this.model!;
  }

  #dataFor(source: string | HeldModel): ThreadData {
    const { items, knownAnswers, minKeptItems, threadData } = this.#settings;
    const group = this.#current?.group;
    // A rollback goes to a model that has answered before: it need not keep the items of the newer one.
    const isKnown = typeof source !== 'string';
    return {
      source,
      items,
      knownAnswers,
      own: threadData,
      unlessVersion: group?.info.version,
      replaces:
        group === undefined || isKnown
          ? undefined
          : { model: group.held, minKeptItems, otherUsesTimes: group.info.usesTimes },
    };
  }
}
