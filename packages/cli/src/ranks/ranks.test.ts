import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noMpi, onRanks, startRanks } from '../../../../test/support/programs/mpi.js';
import { cli, small, workspace } from '../test-support.js';

const { root, data, recsys } = workspace();
const train = ['train', data, ...small, '--dropout-rate', '0.2', '--json', '--epochs', '6'];
/** Several processes start in a test, which takes a while where others work too. */
const patience = { timeout: 180_000 };
const onTwo = (...args: string[]) => onRanks(2, [cli, ...args], root);

/** What a run has come to: the weights of its last checkpoint, and its log without times. */
const outcome = (run: string) => {
  const checkpoint = readdirSync(join(root, run, 'checkpoints'))
    .sort()
    .at(-1)!;
  return {
    weights: readFileSync(join(root, run, 'checkpoints', checkpoint, 'weights.bin')).toString('base64'),
    log: readFileSync(join(root, run, 'metrics.jsonl'), 'utf8').replaceAll(/"seconds":[\d.]+/g, ''),
  };
};

describe('recsys train --distributed', () => {
  it('says in a line that mpirun is missing', () => {
    expect(recsys(...train, '--distributed')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^recsys: openMpi: this process was not started by mpirun\. .*\n?.*\n$/),
    });
  });

  it.skipIf(noMpi)(
    'gives the weights of one process with as many parts, and says how much was exchanged',
    patience,
    async () => {
      const { status, stdout, stderr } = await onTwo(...train, '--distributed', '--out', 'two');
      expect([stderr, status]).toEqual(['', 0]);
      expect(recsys(...train, '--parts', '2', '--out', 'one').status).toBe(0);
      expect(outcome('two')).toEqual(outcome('one'));
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)); // of rank 0 alone
      expect(events.find(({ event }) => event === 'ranks')).toEqual({ event: 'ranks', ranks: 2, machines: 1, here: 2 });
      const { gradientBytes, bytesReceived } = events.find(({ event }) => event === 'traffic');
      expect(bytesReceived).toBeGreaterThan((60 * gradientBytes) / 2); // 60 steps, and what ranks agree on
      expect(events.filter(({ event }) => event === 'saved')).toHaveLength(1);
    },
  );

  it.skipIf(noMpi)(
    'ends when a rank is killed, and resumes on as many ranks to the same weights',
    patience,
    async () => {
      const job = startRanks(2, [cli, ...train, '--distributed', '--out', 'killed'], root);
      await new Promise<void>((resolve) => {
        job.process.stdout.on('data', (text) => String(text).includes('"epoch":2,') && resolve());
      });
      job.killRank(1);
      expect((await job.ended).status).not.toBe(0);
      const another = await onRanks(1, [cli, 'train', '--resume', 'killed', '--distributed'], root);
      expect(another.status).toBe(2);
      expect(another.stderr.replaceAll(/\s+/g, ' ')).toContain(
        'killed: was trained on 2 ranks, and mpirun has started 1',
      );
      const resumed = await onTwo('train', '--resume', 'killed', '--distributed', '--json');
      expect([resumed.stderr, resumed.status]).toEqual(['', 0]);
      expect(outcome('killed')).toEqual(outcome('two'));
    },
  );
});
