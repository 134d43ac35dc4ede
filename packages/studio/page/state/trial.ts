import type { ItemFilter, ListRequest } from '../../src/protocol/index.ts';
import { type Route, setQuery } from './route.ts';

/** What is tried: all of it is in the address. */
export interface Trial {
  readonly run: string;
  /** Items, oldest first. */
  readonly history: readonly string[];
  /** Places of the history that are left out, to see what changes. */
  readonly off: ReadonlySet<number>;
  readonly exclude: readonly string[];
  readonly filter: ItemFilter;
  /** Seconds between items, for a model that uses times. */
  readonly gap: number;
  /** The recommended item that is explained. */
  readonly chosen: string | undefined;
}

const hour = 3600;

export const trialOf = ({ query }: Route): Trial => {
  const history = query.getAll('item');
  return {
    run: query.get('run') ?? '',
    history,
    off: new Set(
      query
        .getAll('off')
        .map(Number)
        .filter((place) => place >= 0 && place < history.length),
    ),
    exclude: query.getAll('exclude'),
    filter: filterIn(query.get('filter')),
    gap: Number(query.get('gap')) || hour,
    chosen: query.get('why') ?? undefined,
  };
};

const filterIn = (text: string | null): ItemFilter => {
  try {
    const filter = JSON.parse(text ?? '{}');
    return typeof filter === 'object' && filter !== null ? filter : {};
  } catch {
    return {};
  }
};

/** Puts changes of what is tried into the address. */
export const change = (changes: Partial<Omit<Trial, 'off'>> & { readonly off?: Iterable<number> }): void => {
  const { run, history, off, exclude, filter, gap, chosen } = changes;
  setQuery(
    {
      ...(run !== undefined && { run }),
      ...(history && { item: history }),
      ...(off && { off: [...off].map(String) }),
      ...(exclude && { exclude }),
      ...(filter && { filter: Object.keys(filter).length === 0 ? undefined : JSON.stringify(filter) }),
      ...(gap !== undefined && { gap: gap === hour ? undefined : String(gap) }),
      ...('chosen' in changes && { why: chosen }),
    },
    { step: history !== undefined },
  );
};

/** Whether something is left out, so that there is a list before and one after. */
export const isChanged = ({ off, exclude, filter }: Trial): boolean =>
  off.size + exclude.length + Object.keys(filter).length > 0;

/** How long the lists are. */
const k = 20;

/** Returns the request for the list without changes, and for the one with them. */
export const requestsOf = (trial: Trial): { before: ListRequest; after: ListRequest } => {
  const { run, history, off, exclude, filter, gap } = trial;
  const before: ListRequest = { run, history: [...history], k, gap };
  const after: ListRequest = {
    ...before,
    history: history.filter((_, place) => !off.has(place)),
    exclude: [...exclude],
    ...(Object.keys(filter).length > 0 && { filter }),
  };
  return { before, after };
};
