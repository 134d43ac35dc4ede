import { useMemo } from 'preact/hooks';
import type { RunSummary } from '../../src/protocol/index.ts';
import { Chart, Swatch } from '../parts/chart.tsx';
import { curveOf, metricsIn, showing, type XAxis, xAxes } from '../parts/curves.ts';
import { formatMetric, formatSeconds, inOrder, metricName, protocolText, settingText } from '../parts/format.ts';
import { Choice, Empty, Scroll, Status } from '../parts/run-parts.tsx';
import { type FollowedLog, useLive } from '../state/live.ts';
import { type Route, runAddress, setQuery } from '../state/route.ts';

/** A run that is compared. */
interface Compared {
  readonly run: RunSummary;
  readonly log: FollowedLog;
}

/** More curves than this cannot be told apart. */
export const mostCompared = 24;

const noLog: FollowedLog = { epochs: [], settings: {} };

/** Runs side by side: their curves, metrics, and the settings in which they differ. */
export const CompareView = ({ route: { query } }: { route: Route }) => {
  const { runs, logs } = useLive();
  const names = [...new Set(query.getAll('run'))].filter((name) => runs.has(name)).slice(0, mostCompared);
  const compared = useMemo(
    () => names.map((name): Compared => ({ run: runs.get(name)!, log: logs.get(name) ?? noLog })),
    [names.join('\n'), runs, logs],
  );
  const others = [...runs.values()].filter(({ name, status }) => !names.includes(name) && status !== 'unreadable');
  return (
    <>
      <h1>Compare</h1>
      <div class="tools">
        <ul class="chips" aria-label="Runs that are compared">
          {compared.map(({ run: { name } }, style) => (
            <li key={name}>
              <Swatch style={style} /> <a href={runAddress(name)}>{name}</a>
              <button
                type="button"
                aria-label={`Remove ${name}`}
                onClick={() => setQuery({ run: names.filter((own) => own !== name) })}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
        {others.length > 0 && (
          <label class="field">
            <span class="hidden">Add a run</span>
            <select value="" onChange={({ currentTarget }) => setQuery({ run: [...names, currentTarget.value] })}>
              <option value="">Add a run …</option>
              {others.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
      </div>
      {names.length < 2 ? (
        <Empty inView title={names.length === 0 ? 'No runs to compare yet' : 'One more run is needed'}>
          <p>
            Tick runs in the <a href="#/runs">table of runs</a>, or add them here.
          </p>
        </Empty>
      ) : (
        <Comparison compared={compared} query={query} />
      )}
    </>
  );
};

const Comparison = ({ compared, query }: { compared: readonly Compared[]; query: URLSearchParams }) => {
  const axis: XAxis = query.get('x') === 'time' ? 'time' : 'epoch';
  const metrics = useMemo(() => metricsIn(compared.map(({ log }) => log.epochs)), [compared]);
  const metric = metrics.find((own) => own === query.get('metric')) ?? metrics[0];
  const curves = (name: string) =>
    compared.map(({ run, log }, style) => curveOf(log.epochs, { metric: name, axis, name: run.name, style }));
  const loss = useMemo(() => curves('loss'), [compared, axis]);
  const validation = useMemo(() => (metric === undefined ? [] : curves(metric)), [compared, axis, metric]);
  const shared = showing(axis);
  return (
    <>
      <Doubts compared={compared} />
      <section aria-labelledby="curves">
        <div class="heading">
          <h2 id="curves">Curves</h2>
          {metrics.length > 1 && (
            <Choice
              label="Metric"
              value={metric}
              options={metrics.map((own) => [own, metricName(own)] as const)}
              onChoose={(own) => setQuery({ metric: own })}
            />
          )}
          <Choice
            label="Over"
            value={axis}
            options={xAxes}
            onChoose={(x) => setQuery({ x: x === 'epoch' ? undefined : x })}
          />
        </div>
        <div class="charts">
          {metric !== undefined && (
            <Chart title={`Validation ${metricName(metric)}`} series={validation} {...shared} formatY={formatMetric} />
          )}
          <Chart title="Training loss" series={loss} {...shared} />
        </div>
      </section>
      <MetricsTable compared={compared} metrics={metrics} />
      <SettingsTable compared={compared} all={query.get('all') === '1'} />
    </>
  );
};

/** Says why values of these runs cannot be compared. */
const Doubts = ({ compared }: { compared: readonly Compared[] }) => {
  const differ = (of: (run: RunSummary) => string) => new Set(compared.map(({ run }) => of(run))).size > 1;
  const doubts = [
    differ(({ data }) => data.fingerprint) && 'were trained on different data',
    differ(({ protocol }) => protocol) && 'rank their targets in different ways',
    differ(({ loss }) => loss) && 'have different losses, whose values mean different things',
  ].filter((doubt) => doubt !== false);
  if (doubts.length === 0) return null;
  return <p class="note">Compare with care: these runs {new Intl.ListFormat('en').format(doubts)}.</p>;
};

interface Row {
  readonly label: string;
  readonly values: readonly (number | undefined)[];
  readonly format: (value: number) => string;
  /** Which value is marked. */
  readonly best?: 'highest' | undefined;
}

const MetricsTable = ({ compared, metrics }: { compared: readonly Compared[]; metrics: readonly string[] }) => {
  const tests = inOrder([...new Set(compared.flatMap(({ run }) => Object.keys(run.test?.metrics ?? {})))]);
  const rows: Row[] = [
    ...metrics.map(
      (metric): Row => ({
        label: `Best validation ${metricName(metric)}`,
        values: compared.map(({ run }) => run.best?.metrics[metric]),
        format: formatMetric,
        best: 'highest',
      }),
    ),
    ...tests.map(
      (metric): Row => ({
        label: `Test ${metricName(metric)}`,
        values: compared.map(({ run }) => run.test?.metrics[metric]?.value),
        format: formatMetric,
        best: 'highest',
      }),
    ),
    { label: 'Best epoch', values: compared.map(({ run }) => run.best?.epoch), format: String },
    { label: 'Epochs', values: compared.map(({ run }) => run.epochs.done), format: String },
    { label: 'Time', values: compared.map(({ run }) => run.seconds), format: formatSeconds },
  ];
  return (
    <section aria-labelledby="metrics">
      <h2 id="metrics">Metrics</h2>
      <Scroll label="Metrics">
        <table>
          <HeadOf compared={compared} first="Metric" />
          <tbody>
            <tr>
              <th scope="row">Status</th>
              {compared.map(({ run }) => (
                <td key={run.name} class="num">
                  <Status run={run} />
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">Ranked</th>
              {compared.map(({ run }) => (
                <td key={run.name} class="num">
                  {protocolText(run.protocol) || '–'}
                </td>
              ))}
            </tr>
            {rows.map((row) => (
              <tr key={row.label}>
                <th scope="row">{row.label}</th>
                {row.values.map((value, i) => (
                  <td key={compared[i].run.name} class="num">
                    <span class={isBest(row, value) ? 'strong' : undefined}>
                      {value === undefined ? '–' : row.format(value)}
                    </span>
                    {isBest(row, value) && <span class="hidden"> (highest)</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
};

const isBest = ({ best, values }: Row, value: number | undefined): boolean =>
  best !== undefined && value !== undefined && value === Math.max(...values.filter((own) => own !== undefined));

const HeadOf = ({ compared, first }: { compared: readonly Compared[]; first: string }) => (
  <thead>
    <tr>
      <th scope="col">{first}</th>
      {compared.map(({ run: { name } }, style) => (
        <th key={name} scope="col" class="num">
          <Swatch style={style} /> {name}
        </th>
      ))}
    </tr>
  </thead>
);

const SettingsTable = ({ compared, all }: { compared: readonly Compared[]; all: boolean }) => {
  const paths = [...new Set(compared.flatMap(({ log }) => Object.keys(log.settings)))];
  const differing = paths.filter((path) => new Set(compared.map(({ log }) => log.settings[path])).size > 1);
  const shown = all ? paths : differing;
  return (
    <section aria-labelledby="settings">
      <div class="heading">
        <h2 id="settings">{all ? 'Settings' : 'Settings that differ'}</h2>
        <label>
          <input type="checkbox" checked={all} onChange={() => setQuery({ all: all ? undefined : '1' })} /> Show all{' '}
          {paths.length}
        </label>
      </div>
      {shown.length === 0 ? (
        <p class="soft">All settings are the same.</p>
      ) : (
        <Scroll label="Settings">
          <table>
            <HeadOf compared={compared} first="Setting" />
            <tbody>
              {shown.map((path) => (
                <tr key={path} class={all && differing.includes(path) ? 'best' : undefined}>
                  <th scope="row">{path}</th>
                  {compared.map(({ run, log }) => (
                    <td key={run.name} class="num">
                      {settingText(log.settings[path])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
};
