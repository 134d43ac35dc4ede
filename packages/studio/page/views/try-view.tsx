import { useEffect, useRef } from 'preact/hooks';
import type { ListAnswer, ModelAnswer, NamedItem, RunSummary } from '../../src/protocol/index.ts';
import { formatCount } from '../parts/format.ts';
import { Empty } from '../parts/run-parts.tsx';
import { useAnswer, withQuery } from '../state/ask.ts';
import { useLive } from '../state/live.ts';
import { type Route, setQuery } from '../state/route.ts';
import { change, isChanged, requestsOf, type Trial, trialOf } from '../state/trial.ts';
import { Filters } from './try/filters.tsx';
import { History } from './try/history.tsx';
import { Lists } from './try/lists.tsx';
import { Search } from './try/search.tsx';
import { Why } from './try/why.tsx';

/** A model at work: a history, what is recommended for it, why, and what changes without an item or with a filter. */
export const TryView = ({ route }: { route: Route }) => {
  const { runs } = useLive();
  const trial = trialOf(route);
  const usable = [...runs.values()]
    .filter(({ status, epochs }) => status !== 'unreadable' && epochs.done > 0)
    .sort((a, b) => b.updated - a.updated);
  const isMissing = trial.run === '' && usable.length > 0;
  useEffect(() => {
    if (isMissing) setQuery({ run: usable[0].name });
  }, [isMissing]);
  if (usable.length === 0)
    return (
      <Empty title="There is no trained model yet">
        <p>A run can be tried as soon as its first epoch is done.</p>
        <p>
          <a href="#/runs">See the runs</a>
        </p>
      </Empty>
    );
  return (
    <>
      <h1 class="hidden">Try a model</h1>
      <div class="tools">
        <label class="field">
          <span>Model of</span>
          <select
            value={trial.run}
            onChange={({ currentTarget }) => change({ run: currentTarget.value, chosen: undefined })}
          >
            {!runs.has(trial.run) && <option value={trial.run}>{trial.run || '…'}</option>}
            {usable.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      {trial.run !== '' && <WithModel key={trial.run} trial={trial} summary={runs.get(trial.run)} />}
    </>
  );
};

const WithModel = ({ trial, summary }: { trial: Trial; summary: RunSummary | undefined }) => {
  const {
    answer: model,
    problem,
    isWaiting,
  } = useAnswer<ModelAnswer>({ path: withQuery('/api/model', { run: trial.run }) });
  if (problem !== undefined)
    return (
      <p class="problem" role="alert">
        This model cannot be tried: {problem}.
      </p>
    );
  if (model === undefined)
    return (
      <p class="soft" role="status">
        {isWaiting ? `Loading the model of ${trial.run} …` : ''}
      </p>
    );
  return (
    <>
      <p class="soft small">
        {model.kind}, {model.checkpoint}, {formatCount(model.items)} items, sees the newest {model.maxLength}.{' '}
        {model.names}
        {summary?.status === 'training' && ' The run is still training: load the page again for its newest weights.'}
      </p>
      <Trying trial={trial} model={model} />
    </>
  );
};

const Trying = ({ trial, model }: { trial: Trial; model: ModelAnswer }) => {
  const { before, after } = requestsOf(trial);
  const hasChanges = isChanged(trial);
  const whole = useAnswer<ListAnswer>({ path: '/api/list', body: before });
  const changed = useAnswer<ListAnswer>(hasChanges ? { path: '/api/list', body: after } : undefined);
  const shown = hasChanges ? changed : whole;
  const titles = useRef(new Map<string, string>());
  for (const { answer } of [whole, changed])
    for (const { item, title } of [...(answer?.history ?? []), ...(answer?.items ?? [])])
      titles.current.set(item, title);
  const titleOf = (item: string) => titles.current.get(item) ?? item;
  const add = ({ item, title }: NamedItem) => {
    titles.current.set(item, title);
    change({ history: [...trial.history, item] });
  };
  const chosen = shown.answer?.items.find(({ item }) => item === trial.chosen);
  return (
    <div class="try">
      <div>
        <Search trial={trial} onAdd={add} />
        <History trial={trial} known={whole.answer?.history} usesTimes={model.usesTimes} titleOf={titleOf} />
        <Filters trial={trial} attributes={model.attributes} titleOf={titleOf} />
      </div>
      <div class={hasChanges ? undefined : 'results'}>
        <Lists trial={trial} before={whole} after={hasChanges ? changed : undefined} onAdd={add} />
        {chosen !== undefined && shown.answer !== undefined && (
          <Why trial={trial} chosen={chosen} list={shown.answer} kind={model.kind} titleOf={titleOf} onAdd={add} />
        )}
      </div>
    </div>
  );
};
