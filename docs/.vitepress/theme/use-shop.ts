/** What the demo of the home page does: its model is in a worker of the page, and training has another one. The workers are those of `examples/browser`. */
import { withBase } from 'vitepress';
import { computed, onBeforeUnmount, onMounted, reactive, shallowRef } from 'vue';
import { WorkerCalls } from '../../../examples/browser/calls.ts';
import type { ModelSize, Recommender } from '../../../examples/browser/recommender.ts';
import { type Item, items } from '../../../examples/browser/titles.ts';
import type { Progress, Trainer } from '../../../examples/browser/trainer.ts';

const k = 6;
const epochs = 20;
const itemsById = new Map(items.map((item) => [item.id, item]));

/** An item of the list, and how likely it comes next in the simulation; not known before the first click. */
interface Place {
  readonly item: Item;
  readonly chance?: number | undefined;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const withUnit = (milliseconds: number): string => `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;

/** Returns the state of the demo, and what can be done in it. Call it in `setup`. */
export const useShop = () => {
  const state = reactive({
    isReady: false,
    problem: '',
    model: '',
    engine: '',
    milliseconds: '',
    words: '',
    history: [] as string[],
    training: { isRunning: false, progress: 0, outcome: '' },
  });
  const places = shallowRef<readonly Place[]>([]);
  let recommender: WorkerCalls<Recommender> | undefined;
  let trainer: WorkerCalls<Trainer> | undefined;

  const shown = computed(() => {
    const words = state.words.toLowerCase().split(/\s+/);
    return items.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)));
  });
  const history = computed(() => state.history.map((id) => itemsById.get(id)!));

  /** Goes to another history, and recommends for it. */
  const look = async (to: string[]): Promise<void> => {
    state.history = to;
    const isNewest = () => state.history.join() === to.join();
    try {
      const recommended = await recommender!.call('recommend', { history: to, k });
      if (!isNewest()) return; // the next click came first
      const found = recommended.items.map((id) => itemsById.get(id)!);
      state.milliseconds = withUnit(recommended.milliseconds);
      places.value = found.map((item) => ({ item }));
      if (to.length === 0) return;
      const chances = await recommender!.call('chances', to);
      if (isNewest()) places.value = found.map((item) => ({ item, chance: chances.get(item.id) }));
    } catch (error) {
      state.problem = textOf(error);
    }
  };

  const describe = (name: string, { hiddenUnits, weights }: ModelSize): void => {
    state.model = `SASRec, ${name}, ${hiddenUnits} wide, ${Math.round((weights * 4) / 1024)} KB of weights`;
  };

  const load = async (): Promise<void> => {
    const url = new URL(withBase('/demo/model.json'), document.baseURI).href;
    const { engine, size } = await recommender!.call('load', url);
    const { backend, build, threads } = engine;
    describe('trained when the site was built', size);
    state.engine = `${backend} (${build}), ${threads === 1 ? '1 thread' : `${threads} threads`}`;
    state.isReady = true;
    await look([]);
  };

  const onProgress = (progress: Progress): void => {
    if (!('step' in progress)) return;
    const { epoch, batch, batches } = progress.step;
    state.training.progress = (epoch - 1 + batch / batches) / epochs;
  };

  /** Trains a model in a worker of its own, and recommends with it from then on. */
  const train = async (): Promise<void> => {
    state.training = { isRunning: true, progress: 0, outcome: 'Training …' };
    trainer = new WorkerCalls<Trainer>(
      new Worker(new URL('../../../examples/browser/trainer.ts', import.meta.url), { type: 'module' }),
    );
    try {
      const { artifacts, result } = await trainer.call('train', { epochs, hiddenUnits: 64 }, onProgress);
      describe('trained in this page', await recommender!.call('use', artifacts));
      const { best, seconds } = result;
      state.training.outcome =
        `${epochs} epochs took ${seconds.toFixed(1)} s. In validation NDCG@10 is ${best!.value.toFixed(3)}. ` +
        'This model recommends now.';
      await look([...state.history]);
    } catch (error) {
      state.training.outcome = `Training failed: ${textOf(error)}`;
    } finally {
      state.training.isRunning = false;
      trainer.end();
      trainer = undefined;
    }
  };

  onMounted(() => {
    recommender = new WorkerCalls<Recommender>(
      new Worker(new URL('../../../examples/browser/recommender.ts', import.meta.url), { type: 'module' }),
    );
    load().catch((error) => {
      state.problem = `The model does not load: ${textOf(error)}`;
    });
  });
  onBeforeUnmount(() => {
    trainer?.end();
    recommender?.end();
  });
  return { state, places, shown, history, look, train };
};
