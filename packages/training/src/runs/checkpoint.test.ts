import { CheckpointError } from '@recsys/model';
import { expect, it } from 'vitest';
import { checkpointFiles, readCheckpointFiles } from './checkpoint.js';

/** Returns the files of a checkpoint without weights whose best one has this name. */
const filesOf = (checkpoint: string): ReadonlyMap<string, Uint8Array> => {
  const files = checkpointFiles({
    artifacts: { weightSpecs: [], weightData: new ArrayBuffer(0) },
    optimizer: { step: 0, firstMoments: new Map(), secondMoments: new Map(), deferred: new Map() },
    progress: {
      epoch: 2,
      batch: 0,
      step: 3,
      lossSum: 0,
      seconds: 1,
      best: { metric: 'ndcg@10', value: 0.5, epoch: 1, checkpoint },
      validationsSinceBest: 0,
      finished: null,
      gradientBytes: 0,
      logBytes: 0,
    },
  });
  return new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]));
};

it('reads the name of the best checkpoint', () => {
  expect(readCheckpointFiles('run', filesOf('step-0000000003')).progress.best?.checkpoint).toBe('step-0000000003');
});

it.each(['../../outside', '/etc', 'step-3/../../outside', ''])(
  'refuses %j, which leads out of the run',
  (checkpoint) => {
    expect(() => readCheckpointFiles('run', filesOf(checkpoint))).toThrow(CheckpointError);
    expect(() => readCheckpointFiles('run', filesOf(checkpoint))).toThrow('is not the name of a checkpoint');
  },
);
