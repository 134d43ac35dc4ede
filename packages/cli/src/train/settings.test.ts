import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { small, workspace } from '../test-support.js';

const { root, data, recsys } = workspace();
const configOf = (run: string) => JSON.parse(readFileSync(join(root, run, 'config.json'), 'utf8'));
const lossesOf = (of: ReturnType<typeof recsys>) =>
  of
    .events()
    .filter(({ event }) => event === 'epoch')
    .map(({ loss }) => loss);

describe('recsys train: settings of the loss, the optimizer and the schedule', () => {
  it('are recorded, and the same when the run is resumed', () => {
    const flags = [
      '--loss',
      'gbce',
      '--num-negatives',
      '4',
      '--calibration',
      '0.25',
      '--negative-sampler',
      'popularity',
      '--beta1',
      '0.8',
      '--beta2',
      '0.999',
      '--epsilon',
      '1e-6',
      '--schedule',
      'one-cycle',
      '--rise',
      '0.05',
      '--log-steps',
      '10',
    ];
    const whole = recsys('train', data, ...small, ...flags, '--out', 'whole', '--json');
    expect([whole.stderr, whole.status]).toEqual(['', 0]);
    const { fit, info } = configOf('whole');
    expect(fit.adam).toMatchObject({ beta1: 0.8, beta2: 0.999, epsilon: 1e-6 });
    expect(fit.schedule).toEqual({ kind: 'one-cycle', rise: 0.05 });
    expect(info).toMatchObject({
      loss: { name: 'gbce', numNegatives: 4, calibration: 0.25 },
      negativeSampler: 'popularity',
    });
    const steps = readFileSync(join(root, 'whole', 'metrics.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"event":"step"'));
    const { step } = whole
      .events()
      .filter(({ event }) => event === 'epoch')
      .at(-1);
    expect(steps).toHaveLength(Math.floor(step / 10));
    recsys('train', data, ...small, ...flags, '--out', 'half', '--max-steps', '25');
    const resumed = recsys('train', '--resume', 'half', '--json');
    expect(resumed.status).toBe(0);
    expect(lossesOf(resumed).at(-1)).toBe(lossesOf(whole).at(-1));
  });

  it('--in-batch, --average-decay, --l2 and the parts of blocks are recorded, and the same when the run is resumed', () => {
    const flags = [
      ...['--loss', 'sampled-softmax', '--num-negatives', '8', '--in-batch', '0.5'],
      ...['--average-decay', '0.8', '--average-steps', '7', '--l2', '0.001'],
      ...['--wiring', 'ligr', '--feed-forward-units', '12', '--activation', 'gelu', '--positions', 'sinusoidal'],
    ];
    const whole = recsys('train', data, ...small, ...flags, '--out', 'parts-whole', '--json');
    expect([whole.stderr, whole.status]).toEqual(['', 0]);
    const { model, fit, info, loss } = configOf('parts-whole');
    expect(model).toMatchObject({ wiring: 'ligr', feedForwardUnits: 12, activation: 'gelu', positions: 'sinusoidal' });
    expect(fit).toMatchObject({ weightAverage: { decay: 0.8, steps: 7 }, adam: { l2: 0.001 } });
    expect(info.loss).toEqual({ name: 'sampled-softmax', numNegatives: 8, inBatch: 0.5 });
    expect(loss.name).toBe('sampled-softmax-in-batch-0.5');
    recsys('train', data, ...small, ...flags, '--out', 'parts-half', '--max-steps', '25');
    const resumed = recsys('train', '--resume', 'parts-half', '--json');
    expect(resumed.status).toBe(0);
    expect(lossesOf(resumed).at(-1)).toBe(lossesOf(whole).at(-1));
    const refused = recsys('train', data, ...small, ...flags, '--negative-sampler', 'popularity', '--out', 'refused');
    expect(refused.stderr).toContain('--in-batch has a sampler of its own');
  });

  it('--log-q, --schedule cosine and noam are taken', () => {
    const once = [...small, '--epochs', '1', '--json'];
    const shared = ['--loss', 'shared-cross-entropy', '--num-negatives', '8'];
    const plain = recsys('train', data, ...once, ...shared, '--out', 'plain');
    const corrected = recsys('train', data, ...once, ...shared, '--log-q', '--out', 'corrected');
    expect(lossesOf(corrected)[0]).toBeGreaterThan(lossesOf(plain)[0]);
    for (const [name, schedule] of [
      ['cosine', { kind: 'cosine', warmUp: 5 }],
      ['noam', { kind: 'noam', steps: 5 }],
    ] as const) {
      expect(recsys('train', data, ...once, '--schedule', name, '--warm-up-steps', '5', '--out', name).status).toBe(0);
      expect(configOf(name).fit.schedule).toEqual(schedule);
    }
  });

  it('a flag of another schedule or loss is refused', () => {
    const refusal = (...flags: string[]) => recsys('train', data, ...small, '--out', 'refused', ...flags).stderr;
    expect(refusal('--rise', '0.1')).toContain('--rise is for --schedule one-cycle');
    expect(refusal('--schedule', 'one-cycle', '--warm-up-steps', '3')).toContain(
      '--warm-up-steps is for --schedule warm-up, noam, cosine',
    );
    expect(refusal('--calibration', '0.5')).toContain('calibration');
    expect(refusal('--beta1', '1')).toContain('--beta1');
  });

  it('--debug trains on 100 users for one epoch, and --resume alone takes the newest run', () => {
    const quick = recsys(
      'train',
      data,
      ...small.slice(0, 6),
      '--debug',
      '--batch-size',
      '32',
      '--json',
      '--max-steps',
      '1',
    );
    expect(quick.status).toBe(0);
    expect(quick.events().find(({ event }) => event === 'data')).toMatchObject({ users: 100 });
    const resumed = recsys('train', '--resume', '--json');
    expect([resumed.stderr, resumed.status]).toEqual(['', 0]);
    expect(resumed.events().filter(({ event }) => event === 'epoch')).toHaveLength(1);
    expect(resumed.events().at(-1)).toMatchObject({ event: 'saved', run: quick.events().at(-1).run });
  });
});
