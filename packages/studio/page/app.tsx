import { useEffect, useMemo } from 'preact/hooks';
import { live, useLive } from './state/live.ts';
import { type Route, useRoute } from './state/route.ts';
import { CompareView, mostCompared } from './views/compare-view.tsx';
import { RunView } from './views/run-view.tsx';
import { RunsView } from './views/runs-view.tsx';
import { TryView } from './views/try-view.tsx';

const titles = { runs: 'Runs', run: 'Run', compare: 'Compare', try: 'Try' } as const;

export const App = () => {
  const route = useRoute();
  const followed = useMemo(() => followedBy(route), [route]);
  useEffect(() => live.follow(followed), [followed.join('\n')]);
  useEffect(() => {
    document.title = `${route.view === 'run' ? route.run : titles[route.view]} · recsys studio`;
  }, [route]);
  return (
    <>
      <Header route={route} />
      <main>
        <View route={route} />
      </main>
    </>
  );
};

/** The runs whose logs a view shows. */
const followedBy = ({ view, run, query }: Route): string[] => {
  if (view === 'run') return [run];
  return view === 'compare' ? query.getAll('run').slice(0, mostCompared) : [];
};

const View = ({ route }: { route: Route }) => {
  const { state } = useLive();
  if (state === 'starting') return <p class="soft">Looking for runs …</p>;
  if (route.view === 'run') return <RunView key={route.run} route={route} />;
  if (route.view === 'compare') return <CompareView route={route} />;
  if (route.view === 'try') return <TryView route={route} />;
  return <RunsView route={route} />;
};

const Header = ({ route: { view, query } }: { route: Route }) => {
  const { state, folder } = useLive();
  const ticked = query.getAll('run').map((run) => `run=${encodeURIComponent(run)}`);
  const links = [
    ['runs', '#/runs'],
    ['compare', view === 'runs' || view === 'compare' ? `#/compare?${ticked.join('&')}` : '#/compare'],
    ['try', '#/try'],
  ] as const;
  return (
    <header class="bar">
      <a class="brand" href="#/runs">
        recsys studio
      </a>
      <nav aria-label="Views">
        {links.map(([name, href]) => (
          <a
            key={name}
            href={href}
            aria-current={name === view || (name === 'runs' && view === 'run') ? 'page' : undefined}
          >
            {titles[name]}
          </a>
        ))}
      </nav>
      <span class="folder soft">{folder}</span>
      <span class="state" role="status" data-state={state}>
        {state === 'lost' ? 'Not connected: has recsys studio ended?' : ''}
      </span>
    </header>
  );
};
