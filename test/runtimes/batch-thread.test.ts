/** Batches in a bundle, which lacks the files of the thread that makes them elsewhere. */
import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleForNode } from './bundle.ts';
import { Workshop } from './program.ts';

const workshop = new Workshop();
afterAll(() => workshop.remove());

const program = `
import { leaveOneOut, simulateInteractions, toSequences, trainBatchSource, trainBatches } from '@recsys/data';
const { train } = leaveOneOut(toSequences(simulateInteractions({ seed: 1, users: 60, items: 30 }).interactions));
const options = { maxLength: 5, seed: 1, batchSize: 8, numNegatives: 3 };
const text = ({ items, negatives }) => [items.join(), negatives.join()];
const expected = Array.from(trainBatches(train, { ...options, epoch: 1 }), text);
const run = async () => {
  const source = trainBatchSource(train, { ...options, thread: true });
  const batches = [];
  for await (const batch of source.epoch(1)) batches.push(text(batch));
  const threads = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
  await source.close();
  return { same: JSON.stringify(batches) === JSON.stringify(expected), count: batches.length, threads };
};
run().then((result) => console.log(JSON.stringify(result)));
`;

describe('a bundle makes the same batches', () => {
  it.each(['esm', 'cjs'] as const)('as %s, without the file of the thread', async (format) => {
    const path = await bundleForNode(workshop, program, { format });
    const result = JSON.parse(execFileSync(process.execPath, [path], { encoding: 'utf8', timeout: 60_000 }));
    expect(result).toEqual({ same: true, count: expect.any(Number), threads: 0 });
    expect(result.count).toBeGreaterThan(3);
  });

  it('as esm, with the file of the thread but not those that it imports', async () => {
    const copied = ['@recsys/data/dist/batch-worker.js'];
    const path = await bundleForNode(workshop, program, { format: 'esm', copied });
    const result = JSON.parse(execFileSync(process.execPath, [path], { encoding: 'utf8', timeout: 60_000 }));
    expect(result).toMatchObject({ same: true, threads: 0 });
  });
});
