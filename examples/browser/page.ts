/** The page: what is clicked goes to the workers, and what they answer is shown. */
import { WorkerCalls } from './calls.ts';
import { drawCurve } from './curve.ts';
import type { ModelSize, Recommender } from './recommender.ts';
import { type Item, items } from './titles.ts';
import type { Progress, Trainer } from './trainer.ts';

const k = 6;
const goal = 5; // milliseconds

const find = <Found extends Element = HTMLElement>(id: string): Found =>
  document.getElementById(id) as Element as Found;
const button = (id: string) => find<HTMLButtonElement>(id);
const itemsById = new Map(items.map((item) => [item.id, item]));
const milliseconds = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)}\u00a0ms`;
const percent = (share: number) => `${(100 * share).toFixed(1)}\u00a0%`;
const median = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
const fail = (error: unknown) => {
  find('problem').hidden = false;
  find('problem').textContent = error instanceof Error ? error.message : String(error);
};

const recommender = new WorkerCalls<Recommender>(
  new Worker(new URL('./recommender.ts', import.meta.url), { type: 'module' }),
);

// Recommendations

let history: string[] = [];
const times = { model: [] as number[], trip: [] as number[] };

/** Shows an item in a button; its chance comes later. */
const fill = (element: HTMLButtonElement, { id, title, colour }: Item) => {
  element.dataset.item = id;
  const swatch = document.createElement('span');
  swatch.className = 'swatch';
  swatch.style.background = colour;
  element.replaceChildren(swatch, title);
};

const itemButton = () => {
  const element = document.createElement('button');
  element.type = 'button';
  element.addEventListener('click', () => look([...history, element.dataset.item!]).catch(fail));
  return element;
};

/** A line of a list: the button stays where it is when its item changes, and so does the focus. */
const line = (element: HTMLButtonElement) => {
  const entry = document.createElement('li');
  entry.append(element);
  return entry;
};

const places = Array.from({ length: k }, itemButton);

/** Goes to another history: shows it, and recommends. */
const look = async (to: string[]) => {
  history = to;
  const isNewest = () => history === to;
  const started = performance.now();
  const recommended = await recommender.call('recommend', { history: to, k });
  times.trip.push(performance.now() - started);
  times.model.push(recommended.milliseconds);
  if (!isNewest()) return; // the next click came first
  showHistory();
  recommended.items.forEach((id, i) => {
    fill(places[i], itemsById.get(id)!);
  });
  find('spoken').textContent = recommended.items.map((id) => itemsById.get(id)!.title).join(', ');
  showTimes();
  if (to.length === 0) return;
  const chances = await recommender.call('chances', to);
  if (isNewest()) showChances(recommended.items, chances);
};

const showHistory = () => {
  const entries = history.map((id) => {
    const entry = document.createElement('li');
    entry.textContent = itemsById.get(id)!.title;
    return entry;
  });
  find('history').replaceChildren(...entries);
  const isEmpty = history.length === 0;
  find('empty').hidden = !isEmpty;
  if (isEmpty && ['undo', 'clear'].includes(document.activeElement?.id ?? '')) places[0].focus(); // they are about to be disabled
  button('undo').disabled = button('clear').disabled = isEmpty;
  find('next-title').textContent = isEmpty ? 'Popular' : 'Recommended next';
  find('columns').hidden = isEmpty;
  if (isEmpty) find('chances').textContent = 'Look at an item, and the model says what comes next.';
};

const showChances = (recommended: readonly string[], chances: ReadonlyMap<string, number>) => {
  recommended.forEach((id, i) => {
    const chance = document.createElement('span');
    chance.className = 'chance';
    chance.textContent = percent(chances.get(id)!);
    places[i].append(chance);
  });
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const best = [...chances.values()].sort((a, b) => b - a).slice(0, k);
  find('chances').textContent =
    `The next item of the simulation is one of these with a chance of ${percent(sum(recommended.map((id) => chances.get(id)!)))}; ` +
    `the best ${k} items have ${percent(sum(best))}. The model was never told these chances.`;
};

const showTimes = () => {
  const value = median(times.model);
  find('model-median').textContent = milliseconds(value);
  find('model-last').textContent = milliseconds(times.model.at(-1)!);
  find('trip-median').textContent = milliseconds(median(times.trip));
  const count = times.model.length === 1 ? '1 recommendation' : `${times.model.length} recommendations`;
  find('goal').textContent =
    `${count} so far; the goal of a median under ${goal}\u00a0ms is ${value < goal ? 'met' : 'missed'}.`;
};

const showModel = (name: string, { items: numItems, hiddenUnits, weights }: ModelSize) => {
  const kilobytes = Math.round((weights * 4) / 1024);
  find('model').textContent = `SASRec, ${name}: ${numItems} items, ${hiddenUnits} wide, ${kilobytes} KB of weights`;
};

// Training, in a worker that lives as long as it takes

let trainer: WorkerCalls<Trainer> | undefined;
let trained: { name: string; artifacts: Parameters<Recommender['use']>[0] } | undefined;

const train = async (epochs: number, hiddenUnits: number) => {
  trained = undefined;
  const curves = { loss: [] as number[], ndcg: [] as number[] };
  let ceiling: { name: string; value: number } | undefined;
  const draw = () => {
    drawCurve(find<SVGSVGElement>('loss'), { name: 'Loss', values: curves.loss, epochs });
    drawCurve(find<SVGSVGElement>('ndcg'), { name: 'NDCG@10 in validation', values: curves.ndcg, epochs, ceiling });
  };
  const onProgress = (progress: Progress) => {
    if ('ceiling' in progress) ceiling = { name: 'best possible', value: progress.ceiling };
    else if ('step' in progress) {
      const { epoch, batch, batches } = progress.step;
      find<HTMLProgressElement>('progress').value = (epoch - 1 + batch / batches) / epochs;
      return;
    } else {
      curves.loss.push(progress.epoch.loss);
      curves.ndcg.push(progress.epoch.validation!['ndcg@10']);
    }
    draw();
  };
  const current = new WorkerCalls<Trainer>(new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module' }));
  trainer = current;
  find<HTMLProgressElement>('progress').value = 0;
  find('progress').hidden = find('curves').hidden = false;
  find('outcome').textContent = 'Training …';
  draw();
  showTraining();
  try {
    const { artifacts, result } = await current.call('train', { epochs, hiddenUnits }, onProgress);
    const { best, epochs: done, seconds, stopped } = result;
    const end = `${stopped === 'aborted' ? 'Stopped' : 'Done'} after ${done} epochs in ${seconds.toFixed(1)} s.`;
    find('outcome').textContent = best
      ? `${end} The best was epoch ${best.epoch}: NDCG@10 ${best.value.toFixed(3)}.`
      : `${end} The model has hardly learned anything.`;
    trained = { name: `trained here for ${done} epochs`, artifacts };
  } catch (error) {
    find('outcome').textContent = 'Training failed.';
    fail(error);
  } finally {
    current.end();
    trainer = undefined;
    showTraining();
  }
};

/** Enables the buttons that make sense now. The focus goes along: a button that is disabled would lose it. */
const showTraining = () => {
  const [start, stop, use] = ['start', 'stop', 'use'].map(button);
  const isTraining = trainer !== undefined;
  const hadFocus = [start, stop, use].includes(document.activeElement as HTMLButtonElement);
  start.disabled = isTraining;
  stop.disabled = !isTraining;
  use.disabled = trained === undefined;
  if (hadFocus) [stop, use, start].find(({ disabled }) => !disabled)!.focus();
};

const use = async () => {
  const { name, artifacts } = trained!;
  showModel(name, await recommender.call('use', artifacts));
  find('outcome').textContent = 'The model that was trained here recommends now.';
  await look([...history]);
};

// What can be clicked

find('items').append(
  ...items.map((item) => {
    const element = itemButton();
    fill(element, item);
    return line(element);
  }),
);
find('next').append(...places.map(line));
find('filter').addEventListener('input', ({ target }) => {
  const words = (target as HTMLInputElement).value.toLowerCase().split(/\s+/);
  const entries = [...find('items').children] as HTMLElement[];
  for (const entry of entries) entry.hidden = !words.every((word) => entry.textContent.toLowerCase().includes(word));
  find('items').hidden = entries.every(({ hidden }) => hidden);
  find('none').hidden = !find('items').hidden;
});
button('undo').addEventListener('click', () => look(history.slice(0, -1)).catch(fail));
button('clear').addEventListener('click', () => look([]).catch(fail));
find<HTMLFormElement>('train').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = new FormData(event.target as HTMLFormElement);
  train(Number(form.get('epochs')), Number(form.get('hiddenUnits')));
});
button('stop').addEventListener('click', () => {
  find('outcome').textContent = 'Stopping …';
  trainer?.call('stop', undefined as never);
});
button('use').addEventListener('click', () => use().catch(fail));

try {
  const { engine, size } = await recommender.call('load', new URL('model/model.json', document.baseURI).href);
  const { backend, build, threads, threadsNote } = engine;
  showModel('trained beforehand', size);
  find('engine').textContent =
    `${backend} (${build}), ${threads === 1 ? '1 thread' : `${threads} threads`}` +
    `${crossOriginIsolated ? ', page is cross-origin isolated' : ''}${threadsNote === undefined ? '' : `: ${threadsNote}`}`;
  document.querySelector('main')!.inert = false;
  await look([]);
} catch (error) {
  find('model').textContent = find('engine').textContent = 'none';
  fail(`The model does not load: ${(error as Error).message}`);
}
