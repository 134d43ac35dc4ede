import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kCore, leaveOneOut, simulateInteractions, toSequences } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { fit } from '@recsys/training';
import { afterAll } from 'vitest';

/** Returns a folder that is removed after the tests. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'recsys-studio-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A `config.json` without what only the model needs. */
export const configOf = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  format: 1,
  model: { name: 'SASRec', hiddenUnits: 8 },
  fit: { epochs: 4, batchSize: 16, validation: { metric: 'ndcg@10', protocol: 'full', k: [10] } },
  loss: { name: 'bce', numNegatives: 1 },
  data: { fingerprint: 'f', users: 60, items: 30, interactions: 500 },
  engine: 'simd',
  versions: { node: '20.0.0' },
  info: { data: '../../clicks.csv' },
  ...changes,
});

/** Returns a line of a log for an epoch. */
export const epochLine = (
  epoch: number,
  { ndcg = epoch / 10, seconds = 2 * epoch }: { ndcg?: number; seconds?: number } = {},
): string =>
  `${JSON.stringify({
    event: 'epoch',
    epoch,
    step: 10 * epoch,
    loss: 1 / epoch,
    learningRate: 0.001,
    seconds,
    validation: { 'hr@10': 2 * ndcg, 'ndcg@10': ndcg, 'mrr@10': ndcg / 2 },
  })}\n`;

const interval = (value: number) => ({ value, low: value - 0.05, high: value + 0.05 });

/** Returns the line of a log for a test. */
export const testLine = (epoch: number): string =>
  `${JSON.stringify({
    event: 'test',
    protocol: 'full',
    numTargets: 60,
    epoch,
    metrics: { 'hr@10': interval(0.7), 'ndcg@10': interval(0.5) },
    baselines: { popularity: { 'hr@10': interval(0.3), 'ndcg@10': interval(0.2) } },
  })}\n`;

/** Writes a run that has no model, and returns its path. */
export const writeRun = (root: string, name: string, config: object | string = configOf(), log = ''): string => {
  const path = join(root, name);
  mkdirSync(join(path, 'checkpoints'), { recursive: true });
  writeFileSync(join(path, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  if (log !== '') writeFileSync(join(path, 'metrics.jsonl'), log);
  return path;
};

/** The items of the simulated shop: titles in two words, a kind, and the year as a number. */
export const writeItems = (path: string): void => {
  const colours = ['Red', 'Green', 'Blue', 'Crème', 'Grey'];
  const things = ['kettle', 'lamp', 'vase', 'chair', 'clock', 'rug'];
  const rows = Array.from({ length: 30 }, (_, i) => {
    const kind = i % 5 === 0 ? 'kitchen|gift' : i % 2 === 0 ? 'home' : 'kitchen';
    return `item-${i + 1},${colours[i % 5]} ${things[Math.floor(i / 5)]},${kind},${1990 + i}`;
  });
  writeFileSync(path, `item,title,kind,year\n${rows.join('\n')}\n`);
};

/** Trains a small model for some epochs. Its run is tested, if that is asked for. */
export const trainRun = async (
  path: string,
  { epochs = 2, seed = 1, tested = false }: { epochs?: number; seed?: number; tested?: boolean } = {},
): Promise<SASRec> => {
  await selectBackend();
  const { interactions } = simulateInteractions({ seed: 1, users: 60, items: 30, meanLength: 9 });
  const split = leaveOneOut(toSequences(kCore(interactions, { minInteractions: 2 })));
  const model = new SASRec({ catalog: split.catalog, maxLength: 6, hiddenUnits: 8, numHeads: 2, seed });
  await fit(model, split, {
    epochs,
    seed,
    batchSize: 16,
    validation: { protocol: 'full', k: [10] },
    runDirectory: path,
    runInfo: { data: '../../shop.csv' },
  });
  if (tested) appendFileSync(join(path, 'metrics.jsonl'), testLine(epochs));
  return model;
};
