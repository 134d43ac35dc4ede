/**
 * From simulated data to recommendations: simulate users whose next item has a known distribution, train SASRec, and
 * compare it with simple baselines and with the best possible model. Run: `pnpm quickstart`.
 */
import { existsSync } from 'node:fs';
import { historyOf, leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { scorerOfAllItems, selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import {
  binaryCrossEntropy,
  compareToBaselines,
  type EvaluationResult,
  evaluate,
  fit,
  markovChainBaseline,
  popularityBaseline,
} from '@recsys/training';
import { Presets, SingleBar } from 'cli-progress';

const { backend } = await selectBackend();
const simulation = simulateInteractions({ seed: 1 });
const split = leaveOneOut(toSequences(simulation.interactions));
const numItems = split.catalog.ids.length;
console.log(
  `${split.users.ids.length} users, ${numItems} items, ${simulation.interactions.size} interactions; backend ${backend}`,
);

const model = new SASRec({
  catalog: split.catalog,
  wiring: 'pre-norm',
  maxLength: 10,
  hiddenUnits: 64,
  numBlocks: 1,
  dropoutRate: 0.05,
  initializer: 'normal',
  seed: 1,
});
const epochs = 20;
const runDirectory = ['runs/quickstart', ...Array.from({ length: 999 }, (_, i) => `runs/quickstart-${i + 2}`)].find(
  (path) => !existsSync(path),
)!;
const bar = new SingleBar(
  {
    format: 'training [{bar}] {percentage} %  epoch {epoch}  loss {loss}  eta {eta} s',
    noTTYOutput: true,
    notTTYSchedule: 5000,
  },
  Presets.legacy,
);
bar.start(epochs, 0, { epoch: 1, loss: '…' });
const { seconds } = await fit(model, split, {
  epochs,
  seed: 1,
  batchSize: 32,
  learningRate: 0.005,
  schedule: { kind: 'one-cycle' },
  loss: binaryCrossEntropy({ numNegatives: 8 }),
  validation: { protocol: 'full', every: 5 },
  runDirectory,
  callbacks: [
    {
      onStep: ({ epoch, batch, batches, loss }) =>
        bar.update(epoch - 1 + batch / batches, { epoch, loss: loss.toFixed(3) }),
    },
  ],
});
bar.stop();

console.log(`\ntrained in ${seconds.toFixed(1)} s; test, full ranking:\n`);
console.log('                        HR@10   NDCG@10');
const results: Record<string, EvaluationResult> = {};
for (const [name, scorer] of [
  ['popularity', popularityBaseline(split.train)],
  ['Markov chain', markovChainBaseline(split.train)],
  ['SASRec', model],
  ['best any model could', scorerOfAllItems(numItems, simulation.nextItemProbabilities(split.catalog))],
] as const) {
  const result = await evaluate(scorer, split.test, { protocol: 'full', k: [10] });
  results[name] = result;
  const { metrics } = result;
  console.log(`${name.padEnd(22)} ${metrics['hr@10'].value.toFixed(4)}  ${metrics['ndcg@10'].value.toFixed(4)}`);
}

const { popularity, 'Markov chain': markov, SASRec: ours } = results;
console.log(`\nSASRec is ${compareToBaselines(ours!, { popularity: popularity!, 'the Markov chain': markov! }).text}`);

const [user] = split.users.ids;
const history = historyOf(split.test.sequences, user);
console.log(`\nhistory of ${user}: ${history.join(', ')}; recommended next:`);
for (const { item, score } of model.recommend(history, { k: 10 }))
  console.log(`  ${String(item).padEnd(10)} ${score.toFixed(3)}`);
console.log(`\nsaved to ${runDirectory}; to load it: await SASRec.load('${runDirectory}')`);
