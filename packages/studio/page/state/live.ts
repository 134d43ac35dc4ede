import { useEffect, useState } from 'preact/hooks';
import type { EpochPoint, RunSummary, SettingValue, StudioEvent } from '../../src/protocol/index.ts';

/** The log of a run that a view follows. */
export interface FollowedLog {
  readonly epochs: readonly EpochPoint[];
  readonly settings: Readonly<Record<string, SettingValue>>;
}

/** What the server has told. */
interface LiveState {
  readonly state: 'starting' | 'live' | 'lost';
  readonly folder: string;
  readonly runs: ReadonlyMap<string, RunSummary>;
  readonly logs: ReadonlyMap<string, FollowedLog>;
}

/** Follows the server: all runs, and the logs that a view asks for. A page that is hidden does not. */
class Live {
  #source: EventSource | undefined;
  #followed: readonly string[] = [];
  #again: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();
  value: LiveState = { state: 'starting', folder: '', runs: new Map(), logs: new Map() };

  constructor() {
    document.addEventListener('visibilitychange', () => this.#connect());
  }

  follow(runs: readonly string[]): void {
    this.#followed = runs;
    this.#connect();
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #connect(): void {
    clearTimeout(this.#again);
    this.#source?.close();
    if (document.hidden) return;
    const query = this.#followed.map((run) => `follow=${encodeURIComponent(run)}`).join('&');
    const source = new EventSource(`/api/events${query === '' ? '' : `?${query}`}`);
    this.#source = source;
    source.onmessage = ({ data }) => this.#take(JSON.parse(data));
    source.onerror = () => {
      this.#set({ state: 'lost' });
      // One that was refused does not try again by itself.
      if (source.readyState === EventSource.CLOSED) this.#again = setTimeout(() => this.#connect(), 3000);
    };
  }

  #take(event: StudioEvent): void {
    const { logs } = this.value;
    if (event.type === 'runs') {
      const runs = new Map(event.all ? [] : this.value.runs);
      for (const run of event.runs) runs.set(run.name, run);
      for (const name of event.gone) runs.delete(name);
      this.#set({ state: 'live', folder: event.folder, runs });
      return;
    }
    const before = logs.get(event.run);
    const log: FollowedLog = event.again
      ? { epochs: event.epochs, settings: event.settings ?? before?.settings ?? {} }
      : { epochs: [...(before?.epochs ?? []), ...event.epochs], settings: before?.settings ?? {} };
    this.#set({ logs: new Map(logs).set(event.run, log) });
  }

  #set(changes: Partial<LiveState>): void {
    this.value = { ...this.value, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

export const live = new Live();

/** Returns what the server has told, and renders again when it tells more. */
export const useLive = (): LiveState => {
  const [value, setValue] = useState(live.value);
  useEffect(() => {
    setValue(live.value);
    return live.listen(() => setValue(live.value));
  }, []);
  return value;
};
