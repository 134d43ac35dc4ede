import { assertInteger, assertKnownOptions } from '@recsys/errors';
import { ServeError } from '../errors.js';
import { checkedMaxEvents, type History, type HistoryStore, type UserEvent } from './history-store.js';

export interface MemoryHistoriesOptions {
  /** Most events that are kept of a user, 1 .. 10,000. Default 200. */
  maxEvents?: number | undefined;
  /** Most users that are kept; beyond it, those of whom nothing was heard for longest are forgotten. Default 100,000. */
  maxUsers?: number | undefined;
}

/**
 * Returns a store of histories in the memory of the process: they are lost when it ends.
 *
 * @throws {ServeError} `bad-option`.
 * @example
 * const histories = memoryHistories({ maxUsers: 10_000 });
 * await histories.append({ user: 'ann', item: '296', time: 1790000000 });
 * await histories.historyOf('ann'); // { items: ['296'], times: [1790000000] }
 */
export const memoryHistories = (options: MemoryHistoriesOptions = {}): HistoryStore => {
  const where = 'memoryHistories';
  assertKnownOptions(where, options, ['maxEvents', 'maxUsers'], { ErrorClass: ServeError });
  const maxEvents = checkedMaxEvents(where, options.maxEvents);
  const { maxUsers = 100_000 } = options;
  assertInteger(where, 'maxUsers', maxUsers, { minimum: 1, ErrorClass: ServeError });
  return new MemoryHistories(maxEvents, maxUsers);
};

class MemoryHistories implements HistoryStore {
  /** Events of each user, oldest first; the user who was heard of last is last. */
  readonly #users = new Map<string, UserEvent[]>();
  readonly #maxEvents: number;
  readonly #maxUsers: number;

  constructor(maxEvents: number, maxUsers: number) {
    this.#maxEvents = maxEvents;
    this.#maxUsers = maxUsers;
  }

  async append(event: UserEvent): Promise<boolean> {
    const events = this.#touch(event.user) ?? [];
    if (event.id !== undefined && events.some(({ id }) => id === event.id)) return false;
    let place = events.length;
    while (place > 0 && events[place - 1].time > event.time) place -= 1;
    events.splice(place, 0, event);
    if (events.length > this.#maxEvents) events.shift();
    this.#users.set(event.user, events);
    if (this.#users.size > this.#maxUsers) this.#users.delete(this.#users.keys().next().value!);
    return true;
  }

  async historyOf(user: string): Promise<History> {
    const events = this.#touch(user) ?? [];
    return { items: events.map(({ item }) => item), times: events.map(({ time }) => time) };
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {
    this.#users.clear();
  }

  /** Returns the events of a user, who is now the last to be forgotten. */
  #touch(user: string): UserEvent[] | undefined {
    const events = this.#users.get(user);
    if (events === undefined) return undefined;
    this.#users.delete(user);
    this.#users.set(user, events);
    return events;
  }
}
