import { assertInteger } from '@recsys/errors';
import type { Id } from '@recsys/model';
import { ServeError } from '../errors.js';

/** What a user did. */
export interface UserEvent {
  readonly user: string;
  readonly item: Id;
  /** When, in seconds. */
  readonly time: number;
  /** An event whose id the store has is not recorded again. */
  readonly id?: string | undefined;
}

/** The newest items of a user, oldest first, and when each was met, in seconds. */
export interface History {
  readonly items: readonly Id[];
  readonly times: readonly number[];
}

/**
 * Keeps the newest events of users, in the order of their times; those of one time in the order in which they came. All methods may be called at
 * the same time, also from several processes where the store is shared.
 */
export interface HistoryStore {
  /** Resolves when the event is kept: to true, or to false if its id was there. */
  append(event: UserEvent): Promise<boolean>;
  /** Resolves to the history of a user; an empty one if nothing is known of them. */
  historyOf(user: string): Promise<History>;
  /** Rejects when the store does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** How many events of a user are kept if nothing else is said. */
const defaultMaxEvents = 200;

/** @throws {ServeError} `bad-option`. */
export const checkedMaxEvents = (where: string, maxEvents = defaultMaxEvents): number => {
  assertInteger(where, 'maxEvents', maxEvents, { minimum: 1, maximum: 10_000, ErrorClass: ServeError });
  return maxEvents;
};

/** Runs a request to a store. @throws {ServeError} `histories-unavailable`. */
export const asking = async <Result>(store: string, ask: () => Promise<Result>): Promise<Result> => {
  try {
    return await ask();
  } catch (cause) {
    throw new ServeError('histories-unavailable', `${store} does not answer`, { cause, retryAfter: 1 });
  }
};

/** Returns an optional package. @throws {ServeError} `not-installed`. */
export const loadClient = async <Client>(name: string, load: () => Promise<Client>): Promise<Client> => {
  try {
    return await load();
  } catch (cause) {
    throw new ServeError(
      'not-installed',
      `histories in this store need the package ${name}, which is not installed. Install it with: npm install ${name}`,
      { cause },
    );
  }
};
