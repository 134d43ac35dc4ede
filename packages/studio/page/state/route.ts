import { useEffect, useMemo, useState } from 'preact/hooks';

/** What the address after `#` says. */
export interface Route {
  readonly view: 'runs' | 'run' | 'compare' | 'try';
  /** Of the view of a run. */
  readonly run: string;
  readonly query: URLSearchParams;
}

/** Returns the route of an address such as `#/run/shop/trial-001?x=time`. */
const routeOf = (hash: string): Route => {
  const [path, query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [view, ...rest] = path.split('/');
  const run = decoded(rest.join('/'));
  const known = view === 'run' && run !== '' ? 'run' : view === 'compare' || view === 'try' ? view : 'runs';
  return { view: known, run, query: new URLSearchParams(query) };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Returns the address of a run. */
export const runAddress = (run: string): string => `#/run/${run.split('/').map(encodeURIComponent).join('/')}`;

const changed = 'studio-route';

/** Returns the route, and renders again when it changes. */
export const useRoute = (): Route => {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const update = () => setHash(location.hash);
    for (const event of ['hashchange', changed]) addEventListener(event, update);
    return () => {
      for (const event of ['hashchange', changed]) removeEventListener(event, update);
    };
  }, []);
  return useMemo(() => routeOf(hash), [hash]);
};

/** Changes the query of the address, so that a bookmark has what is seen. `step` makes it a step that the back button undoes. */
export const setQuery = (
  changes: Readonly<Record<string, string | readonly string[] | undefined>>,
  { step = false } = {},
): void => {
  const [path, query = ''] = location.hash.split('?', 2);
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of value === undefined ? [] : [value].flat()) next.append(name, one);
  }
  const text = next.toString();
  const address = `${path || '#/runs'}${text === '' ? '' : `?${text}`}`;
  if (step) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  dispatchEvent(new Event(changed));
};
