import { useMemo } from 'preact/hooks';
import type { EpochPoint, RunSummary, TestResult } from '../../src/protocol/index.ts';
import { Chart } from '../parts/chart.tsx';
import { curveOf, metricsIn, showing, type XAxis, xAxes, xOf } from '../parts/curves.ts';
import {
  formatCount,
  formatMetric,
  formatSeconds,
  inOrder,
  metricName,
  protocolText,
  settingText,
} from '../parts/format.ts';
import { Choice, Empty, Progress, Scroll, Status } from '../parts/run-parts.tsx';
import { type FollowedLog, useLive } from '../state/live.ts';
import { type Route, setQuery } from '../state/route.ts';

/** One run: its curves as they grow, its test beside baselines, its settings. */
export const RunView = ({ route: { run: name, query } }: { route: Route }) => {
  const { runs, logs, folder } = useLive();
  const run = runs.get(name);
  const log = logs.get(name);
  if (run === undefined)
    return (
      <Empty title={`There is no run ${name}`}>
        <p>It is not in {folder}: it may have been moved or deleted.</p>
        <p>
          <a href="#/runs">See all runs</a>
        </p>
      </Empty>
    );
  const axis: XAxis = query.get('x') === 'time' ? 'time' : 'epoch';
  return (
    <>
      <header class="title">
        <h1>{name}</h1>
        <Status run={run} />
        {run.status !== 'unreadable' && (
          <span class="actions">
            <a class="button" href={`#/try?run=${encodeURIComponent(name)}`}>
              Try it
            </a>
            <a class="button" href={`#/compare?run=${encodeURIComponent(name)}`}>
              Compare
            </a>
          </span>
        )}
      </header>
      {run.problem !== undefined && (
        <p class="problem" role="alert">
          {run.status === 'unreadable' ? 'This run cannot be read: ' : ''}
          {run.problem}.
        </p>
      )}
      {run.status !== 'unreadable' && (
        <>
          <Facts run={run} />
          {log !== undefined && <Curves run={run} log={log} axis={axis} />}
          <Test test={run.test} name={name} status={run.status} model={run.model} />
          {log !== undefined && <Settings settings={log.settings} />}
        </>
      )}
    </>
  );
};

const Facts = ({ run }: { run: RunSummary }) => {
  const { data, model, loss, epochs, seconds, best, protocol } = run;
  const each = epochs.done > 0 ? seconds / epochs.done : undefined;
  const left = run.status === 'training' && each !== undefined ? (epochs.planned - epochs.done) * each : undefined;
  return (
    <dl class="facts">
      <div>
        <dt>Data</dt>
        <dd>
          {data.name || 'not named'}
          <span class="soft">
            {' '}
            {formatCount(data.users)} users · {formatCount(data.items)} items · {formatCount(data.interactions)}{' '}
            interactions
          </span>
        </dd>
      </div>
      <div>
        <dt>Model</dt>
        <dd>
          {model} <span class="soft">with {loss}</span>
        </dd>
      </div>
      <div>
        <dt>Epochs</dt>
        <dd>
          <Progress run={run} />
        </dd>
      </div>
      <div>
        <dt>Time</dt>
        <dd>
          {formatSeconds(seconds)}
          {each !== undefined && <span class="soft"> {formatSeconds(each)} an epoch</span>}
          {left !== undefined && <span class="soft"> · at most {formatSeconds(left)} left</span>}
        </dd>
      </div>
      <div>
        <dt>Best</dt>
        <dd>
          {best === undefined ? (
            'no validation yet'
          ) : (
            <>
              {metricName(best.metric)} {formatMetric(best.metrics[best.metric])}
              <span class="soft">
                {' '}
                at epoch {best.epoch}, {protocolText(protocol)}
              </span>
            </>
          )}
        </dd>
      </div>
    </dl>
  );
};

const Curves = ({ run, log: { epochs }, axis }: { run: RunSummary; log: FollowedLog; axis: XAxis }) => {
  const metrics = useMemo(() => metricsIn([epochs]), [epochs]);
  const loss = useMemo(
    () => [curveOf(epochs, { metric: 'loss', axis, name: 'training loss', style: 0 })],
    [epochs, axis],
  );
  const validation = useMemo(
    () => metrics.map((metric, style) => curveOf(epochs, { metric, axis, name: metricName(metric), style })),
    [epochs, axis, metrics.join()],
  );
  if (epochs.length === 0)
    return (
      <p class="soft">
        {run.status === 'training'
          ? 'The first epoch is not done yet; its point will appear here.'
          : 'No epoch was finished.'}
      </p>
    );
  const best = epochs.find(({ epoch }) => epoch === run.best?.epoch);
  const mark = best && { x: xOf(axis, best), label: `best, epoch ${best.epoch}` };
  const shared = showing(axis);
  return (
    <section aria-labelledby="curves">
      <div class="heading">
        <h2 id="curves">Curves</h2>
        <Choice
          label="Over"
          value={axis}
          options={xAxes}
          onChoose={(x) => setQuery({ x: x === 'epoch' ? undefined : x })}
        />
      </div>
      <div class="charts">
        <Chart title="Loss" series={loss} {...shared} mark={mark} />
        {validation.length > 0 && (
          <Chart
            title={`Validation ${protocolText(run.protocol)}`}
            series={validation}
            {...shared}
            formatY={formatMetric}
            mark={mark}
          />
        )}
      </div>
      <details>
        <summary>Numbers of each epoch</summary>
        <EpochTable epochs={epochs} metrics={metrics} best={run.best?.epoch} />
      </details>
    </section>
  );
};

const EpochTable = ({
  epochs,
  metrics,
  best,
}: {
  epochs: readonly EpochPoint[];
  metrics: readonly string[];
  best: number | undefined;
}) => (
  <Scroll label="Numbers of each epoch">
    <table>
      <thead>
        <tr>
          {['Epoch', 'Steps', 'Loss', 'Learning rate', 'Time', ...metrics.map(metricName)].map((text) => (
            <th key={text} scope="col" class="num">
              {text}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {epochs.map(({ epoch, step, loss, learningRate, seconds, validation }) => (
          <tr key={epoch} class={epoch === best ? 'best' : undefined}>
            <th scope="row" class="num">
              {epoch}
              {epoch === best && ' (best)'}
            </th>
            <td class="num">{formatCount(step)}</td>
            <td class="num">{loss.toFixed(4)}</td>
            <td class="num">{learningRate.toPrecision(3)}</td>
            <td class="num">{formatSeconds(seconds)}</td>
            {metrics.map((metric) => (
              <td key={metric} class="num">
                {formatMetric(validation?.[metric])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

const Test = ({
  test,
  name,
  status,
  model,
}: {
  test: TestResult | undefined;
  name: string;
  status: string;
  model: string;
}) => (
  <section aria-labelledby="test">
    <h2 id="test">Test</h2>
    {test === undefined ? (
      <p class="soft">
        {status === 'training' ? (
          'The test follows when training has ended.'
        ) : (
          <>
            Not tested. {status === 'stopped' ? 'Go on with ' : 'Test it with '}
            <code>{status === 'stopped' ? `recsys train --resume …/${name}` : `recsys evaluate …/${name}`}</code>
          </>
        )}
      </p>
    ) : (
      <TestTable test={test} model={model} />
    )}
  </section>
);

const TestTable = ({
  test: { metrics, baselines, protocol, numTargets, epoch },
  model,
}: {
  test: TestResult;
  model: string;
}) => {
  const names = inOrder(Object.keys(metrics));
  const rows = [...Object.entries(baselines), [model, metrics] as const];
  const bestOf = (metric: string) => Math.max(...rows.map(([, own]) => own[metric]?.value ?? 0));
  return (
    <>
      <Scroll label="Test">
        <table>
          <thead>
            <tr>
              <th scope="col">Scorer</th>
              {names.map((metric) => (
                <th key={metric} scope="col" class="num">
                  {metricName(metric)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([scorer, own]) => (
              <tr key={scorer}>
                <th scope="row">{scorer}</th>
                {names.map((metric) => {
                  const interval = own[metric];
                  return (
                    <td key={metric} class="num">
                      {interval === undefined ? (
                        '–'
                      ) : (
                        <>
                          <span class={interval.value === bestOf(metric) ? 'strong' : undefined}>
                            {interval.value.toFixed(4)}
                          </span>
                          <span class="soft interval">
                            {' '}
                            {interval.low.toFixed(3)}–{interval.high.toFixed(3)}
                          </span>
                        </>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="soft small">
        {formatCount(numTargets)} targets, each ranked {protocolText(protocol)}; weights of epoch {epoch}. Ranges are 95
        % confidence intervals.
        {Object.keys(baselines).length === 0 && ' The log of this run has no baselines.'}
      </p>
    </>
  );
};

const Settings = ({ settings }: { settings: FollowedLog['settings'] }) => {
  const entries = Object.entries(settings);
  const groups = [...new Set(entries.map(([path]) => path.split('.')[0]))];
  return (
    <section aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      <div class="settings">
        {groups.map((group) => (
          <dl key={group}>
            {entries
              .filter(([path]) => path.split('.')[0] === group)
              .map(([path, value]) => (
                <div key={path}>
                  <dt>{path}</dt>
                  <dd>{settingText(value)}</dd>
                </div>
              ))}
          </dl>
        ))}
      </div>
    </section>
  );
};
