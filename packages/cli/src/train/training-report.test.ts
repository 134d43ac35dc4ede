import { describe, expect, it } from 'vitest';
import type { Reporter } from '../reporter.js';
import { trainingReport } from './training-report.js';

/** Returns the callbacks of a training of 10 epochs of 8 batches, and the lines that they report. */
const reported = () => {
  const lines: string[] = [];
  const reporter = {
    report: (label: string, text: string) => lines.push(`${label} ${text}`),
    progress: () => undefined,
    remark: (text: string) => lines.push(text),
  } as unknown as Reporter;
  const { onResume, onStep, onEpoch } = trainingReport(reporter, 10);
  const epoch = (number: number, seconds: number, bestEpoch = number) => {
    onStep!({ epoch: number, batch: 8, batches: 8, step: 8 * number, loss: 1 });
    onEpoch!(
      { epoch: number, step: 8 * number, loss: 1.25, learningRate: 0.001, seconds, validation: { 'ndcg@10': 0.5 } },
      { epoch: bestEpoch, metric: 'ndcg@10', value: 0.5 },
    );
  };
  return { lines, epoch, onResume: onResume! };
};

describe('trainingReport', () => {
  it('counts the seconds of each epoch', () => {
    const { lines, epoch } = reported();
    epoch(1, 3);
    epoch(2, 5);
    expect(lines).toEqual([
      'epoch  1/10  loss 1.2500  NDCG@10 0.5000  best so far  3.0 s  eta 27 s',
      'epoch  2/10  loss 1.2500  NDCG@10 0.5000  best so far  2.0 s  eta 16 s',
    ]);
  });

  it('does not count the time before a resume, and scales the time of an epoch that was half done', () => {
    const { lines, epoch, onResume } = reported();
    onResume({ epoch: 5, batch: 4, step: 36, seconds: 1000, refused: [] });
    epoch(5, 1003); // 4 of its 8 batches in 3 seconds
    epoch(6, 1009, 5);
    expect(lines).toEqual([
      'resumed at epoch 5, batch 4',
      'epoch  5/10  loss 1.2500  NDCG@10 0.5000  best so far  6.0 s  eta 30 s',
      'epoch  6/10  loss 1.2500  NDCG@10 0.5000  best at 5    6.0 s  eta 24 s',
    ]);
  });

  it('has lines of at most 80 columns, behind their label', () => {
    const { lines, epoch } = reported();
    epoch(8, 12_345, 7);
    expect(`epoch    ${lines[0].slice('epoch '.length)}`.length).toBeLessThanOrEqual(80);
  });

  it('says that a finished run has no epoch left', () => {
    const { lines, onResume } = reported();
    onResume({ epoch: 11, batch: 0, step: 80, seconds: 9, refused: [] });
    expect(lines).toEqual(['resumed after all 10 epochs']);
  });
});
