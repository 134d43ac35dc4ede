import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { small, workspace } from '../test-support.js';

const { root, data, recsys } = workspace();
recsys('train', data, ...small, '--epochs', '1', '--wiring', 'pre-norm', '--out', 'run');
const history = ['item-1', 'item-2', 'item-3'];
const recommended = recsys('recommend', 'run', '--history', history.join(), '--k', '4', '--json')
  .events()
  .filter(({ event }) => event === 'recommendation') as { item: string; score: number }[];

/** Runs an ONNX file for the history. */
const answerOf = async (name: string): Promise<{ item: string; score: number }[]> => {
  const ids: string[] = JSON.parse(readFileSync(join(root, `${name}.ids.json`), 'utf8'));
  const session = await InferenceSession.create(join(root, `${name}.onnx`));
  const items = BigInt64Array.from(history, (id) => BigInt(1 + ids.indexOf(id)));
  const outputs = await session.run({
    history: new Tensor('int64', items, [1, 3]),
    k: new Tensor('int64', BigInt64Array.of(4n), [1]),
  });
  const scores = outputs.top_scores.data as Float32Array;
  return Array.from(outputs.top_items.data as BigInt64Array, (item, i) => ({
    item: ids[Number(item) - 1],
    score: scores[i],
  }));
};

describe('recsys export', () => {
  it('writes ONNX, which recommends what the model does', async () => {
    const { status, stdout } = recsys('export', 'run', '--to', 'onnx', '--output', 'movies.onnx');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^written {2}movies\.onnx$/m);
    expect(stdout).toMatch(/^written {2}movies\.ids\.json$/m);
    const answer = await answerOf('movies');
    expect(answer.map(({ item }) => item)).toEqual(recommended.map(({ item }) => item));
    answer.forEach(({ score }, i) => {
      expect(Math.abs(score - recommended[i].score)).toBeLessThan(1e-5);
    });
    recsys('export', 'run', '--to', 'onnx', '--output', 'all.onnx', '--include-seen');
    const all = recsys('recommend', 'run', '--history', history.join(), '--k', '4', '--include-seen', '--json');
    const wanted = all.events().flatMap(({ event, item }) => (event === 'recommendation' ? [item] : []));
    expect((await answerOf('all')).map(({ item }) => item)).toEqual(wanted);
  });

  it('writes vectors of items and of users, whose dot products are the scores', async () => {
    expect(recsys('export', 'run', '--to', 'vectors', '--output', 'items.parquet').status).toBe(0);
    expect(recsys('export', 'run', '--to', 'vectors', '--users', '--output', 'users.npy').status).toBe(0);
    const items = await parquetReadObjects({ file: await asyncBufferFromFile(join(root, 'items.parquet')) });
    const users: string[] = JSON.parse(readFileSync(join(root, 'users.ids.json'), 'utf8'));
    expect(users.length).toBe(300);
    const npy = readFileSync(join(root, 'users.npy'));
    const start = 10 + npy.readUInt16LE(8);
    const own = recsys('recommend', 'run', '--user', users[7], '--k', '3', '--json').events();
    for (const { event, item, score } of own) {
      if (event !== 'recommendation') continue;
      const vector: number[] = items.find(({ id }) => id === item)!.vector;
      const dot = vector.reduce((sum, value, i) => sum + value * npy.readFloatLE(start + 4 * (7 * 8 + i)), 0);
      expect(Math.abs(dot - score)).toBeLessThan(1e-5);
    }
  });

  it('writes safetensors and a graph for tfjs', () => {
    expect(recsys('export', 'run', '--to', 'safetensors', '--output', 'movies.safetensors').status).toBe(0);
    expect(readFileSync(join(root, 'movies.safetensors'), 'utf8')).toContain('finalNorm.gamma');
    expect(recsys('export', 'run', '--to', 'tfjs', '--output', 'graph').status).toBe(0);
    const { format } = JSON.parse(readFileSync(join(root, 'graph', 'model.json'), 'utf8'));
    expect(format).toBe('graph-model');
    expect(existsSync(join(root, 'graph', 'weights.bin'))).toBe(true);
  });

  writeFileSync(join(root, 'a.txt'), '');
  it.each([
    [['--output', 'a.onnx'], 'give --to: one of onnx, safetensors, tfjs, vectors', 2],
    [['--to', 'onnx'], 'give --output', 2],
    [['--to', 'onnx', '--output', 'a.onnx', '--users'], '--users needs --to vectors', 2],
    [['--to', 'vectors', '--output', 'a.npy', '--include-seen'], '--include-seen needs --to onnx or --to tfjs', 2],
    [['--to', 'vectors', '--output', 'a.npy', '--data', 'clicks.csv'], '--data needs --users', 2],
    [['--to', 'vectors', '--output', 'a.csv'], 'must end in .parquet, .npy or .fvecs', 1],
    [['--to', 'onnx', '--output', 'a.txt/b.onnx'], 'cannot be written', 1],
    [['--to', 'tfjs', '--output', 'run'], 'run: already exists', 1],
    [['--to', 'pickle', '--output', 'a'], 'Allowed choices are', 2],
  ])('refuses %j', (flags, message, code) => {
    const { status, stderr } = recsys('export', 'run', ...flags);
    expect(stderr).toContain(message);
    expect(status).toBe(code);
  });
});
