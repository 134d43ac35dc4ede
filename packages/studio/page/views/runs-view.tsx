import { useEffect, useMemo, useState } from 'preact/hooks';
import type { RunSummary } from '../../src/protocol/index.ts';
import { formatAgo, formatCount, formatSeconds, protocolText } from '../parts/format.ts';
import { Empty, MetricCell, metricOf, Progress, Status } from '../parts/run-parts.tsx';
import { useLive } from '../state/live.ts';
import { type Route, runAddress, setQuery } from '../state/route.ts';

/** A column of the table. */
interface Column {
  readonly key: string;
  readonly label: string;
  /** What a narrow screen leaves out. */
  readonly wide?: true;
  readonly isNumber?: true;
  /** What rows are sorted by; undefined comes last. */
  readonly value: (run: RunSummary) => string | number | undefined;
  readonly cell: (run: RunSummary, now: number) => preact.ComponentChildren;
}

const bestValue = (kind: string) => (run: RunSummary) => {
  const metrics = run.best?.metrics;
  const name = metrics && metricOf(metrics, kind);
  return name === undefined ? undefined : metrics![name];
};

const testMetrics = ({ test }: RunSummary): Record<string, number> | undefined =>
  test && Object.fromEntries(Object.entries(test.metrics).map(([name, { value }]) => [name, value]));

const columns: readonly Column[] = [
  {
    key: 'name',
    label: 'Run',
    value: ({ name }) => name,
    cell: (run) => (
      <>
        <a href={runAddress(run.name)}>{run.name}</a>
        <span class="under soft">
          {run.problem ?? [run.data.name, run.model, run.loss].filter(Boolean).join(' · ')}
        </span>
      </>
    ),
  },
  {
    key: 'data',
    label: 'Data',
    wide: true,
    value: ({ data }) => data.name,
    cell: ({ data }) => (
      <span title={`${formatCount(data.interactions)} interactions, ${formatCount(data.items)} items`}>
        {data.name || '–'}
      </span>
    ),
  },
  { key: 'model', label: 'Model', wide: true, value: ({ model }) => model, cell: ({ model }) => model || '–' },
  { key: 'status', label: 'Status', value: ({ status }) => status, cell: (run) => <Status run={run} /> },
  {
    key: 'ndcg',
    label: 'NDCG@10',
    isNumber: true,
    value: bestValue('ndcg'),
    cell: ({ best, protocol }) => (
      <span title={protocolText(protocol)}>
        <MetricCell metrics={best?.metrics} kind="ndcg" />
      </span>
    ),
  },
  {
    key: 'hr',
    label: 'HR@10',
    isNumber: true,
    wide: true,
    value: bestValue('hr'),
    cell: ({ best, protocol }) => (
      <span title={protocolText(protocol)}>
        <MetricCell metrics={best?.metrics} kind="hr" />
      </span>
    ),
  },
  {
    key: 'protocol',
    label: 'Ranked',
    wide: true,
    value: ({ protocol }) => protocol,
    cell: ({ protocol }) => (protocol === '' ? '–' : protocolText(protocol)),
  },
  {
    key: 'test',
    label: 'Test NDCG@10',
    isNumber: true,
    wide: true,
    value: ({ test }) => test?.metrics[metricOf(test.metrics, 'ndcg') ?? '']?.value,
    cell: (run) => <MetricCell metrics={testMetrics(run)} kind="ndcg" />,
  },
  {
    key: 'epochs',
    label: 'Epochs',
    isNumber: true,
    value: ({ epochs }) => epochs.done,
    cell: (run) => (run.epochs.planned === 0 ? '–' : <Progress run={run} />),
  },
  {
    key: 'time',
    label: 'Time',
    isNumber: true,
    wide: true,
    value: ({ seconds }) => seconds,
    cell: ({ seconds }) => (seconds === 0 ? '–' : formatSeconds(seconds)),
  },
  {
    key: 'updated',
    label: 'Updated',
    isNumber: true,
    wide: true,
    value: ({ updated }) => updated,
    cell: ({ updated }, now) => <time dateTime={new Date(updated).toISOString()}>{formatAgo(updated, now)}</time>,
  },
];

/** All runs: to sort, to filter, and to tick for a comparison. */
export const RunsView = ({ route: { query } }: { route: Route }) => {
  const { runs, folder } = useLive();
  const now = useNow();
  const text = query.get('filter') ?? '';
  const sort = query.get('sort') ?? 'updated';
  const isDown = (query.get('order') ?? (sort === 'updated' ? 'down' : 'up')) === 'down';
  const ticked = query.getAll('run').filter((name) => runs.has(name));
  const shown = useMemo(() => sorted(filtered([...runs.values()], text), sort, isDown), [runs, text, sort, isDown]);
  if (runs.size === 0) return <NoRuns folder={folder} />;
  const tick = (name: string, on: boolean) =>
    setQuery({ run: on ? [...ticked, name] : ticked.filter((own) => own !== name) });
  const sortBy = ({ key, isNumber }: Column) =>
    setQuery({ sort: key, order: key === sort ? (isDown ? 'up' : 'down') : isNumber ? 'down' : 'up' });
  return (
    <>
      <h1 class="hidden">Runs</h1>
      <div class="tools">
        <label class="field">
          <span class="hidden">Filter runs</span>
          <input
            type="search"
            placeholder="Filter by name, data, model, status"
            value={text}
            onInput={({ currentTarget }) => setQuery({ filter: currentTarget.value || undefined })}
          />
        </label>
        <span class="soft" role="status">
          {shown.length === runs.size
            ? `${runs.size} run${runs.size === 1 ? '' : 's'}`
            : `${shown.length} of ${runs.size} runs`}
        </span>
        <a
          class="button"
          href={`#/compare?${ticked.map((name) => `run=${encodeURIComponent(name)}`).join('&')}`}
          aria-disabled={ticked.length < 2 ? 'true' : undefined}
        >
          {ticked.length < 2 ? 'Tick two runs to compare' : `Compare ${ticked.length} runs`}
        </a>
      </div>
      {shown.length === 0 ? (
        <p>No run has “{text}” in its name, data, model or status.</p>
      ) : (
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">Compare</span>
              </th>
              {columns.map((column) => (
                <th
                  key={column.key}
                  scope="col"
                  class={classOf(column)}
                  aria-sort={column.key === sort ? (isDown ? 'descending' : 'ascending') : undefined}
                >
                  <button type="button" onClick={() => sortBy(column)}>
                    {column.label}
                    <span aria-hidden="true">{column.key === sort ? (isDown ? ' ↓' : ' ↑') : ''}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((run) => (
              <tr key={run.name} data-status={run.status}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Compare ${run.name}`}
                    checked={ticked.includes(run.name)}
                    disabled={run.status === 'unreadable'}
                    onChange={({ currentTarget }) => tick(run.name, currentTarget.checked)}
                  />
                </td>
                {columns.map((column) => (
                  <td key={column.key} class={classOf(column)}>
                    {column.cell(run, now)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="soft small">
        NDCG@10 and HR@10 are those of the best validation. Values are comparable for the same data and the same way to
        rank.
      </p>
    </>
  );
};

const NoRuns = ({ folder }: { folder: string }) => (
  <Empty title={`There are no runs in ${folder} yet`}>
    <p>Train a model, and it appears here while it trains:</p>
    <pre>
      <code>recsys train ratings.csv --out {folder.replace(/\/$/, '')}/first</code>
    </pre>
    <p>
      Runs somewhere else: start the studio with their folder, <code>recsys studio FOLDER</code>.
    </p>
  </Empty>
);

const classOf = ({ isNumber, wide }: Column): string => [isNumber && 'num', wide && 'wide'].filter(Boolean).join(' ');

const filtered = (runs: readonly RunSummary[], text: string): readonly RunSummary[] => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return runs;
  return runs.filter(({ name, data, model, loss, status }) => {
    const all = [name, data.name, model, loss, status].join(' ').toLowerCase();
    return words.every((word) => all.includes(word));
  });
};

const sorted = (runs: readonly RunSummary[], key: string, isDown: boolean): RunSummary[] => {
  const { value } = columns.find((column) => column.key === key) ?? columns[0];
  const compare = (a: string | number, b: string | number) =>
    typeof a === 'number' && typeof b === 'number'
      ? a - b
      : String(a).localeCompare(String(b), 'en', { numeric: true });
  return [...runs].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    return (isDown ? -1 : 1) * compare(x, y) || compare(a.name, b.name);
  });
};

/** Returns the time, a little late. */
const useNow = (): number => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  return now;
};
