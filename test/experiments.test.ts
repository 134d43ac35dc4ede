import { describe, expect, it } from 'vitest';
import { experimentNamed, experimentNames } from '../benchmarks/experiment.ts';

describe('experiments', () => {
  it.each(experimentNames())('%s is whole, and named by its data and protocol', (name) => {
    const { data, protocol, fit, loss, trainedBy } = experimentNamed(name);
    expect(name.startsWith(`${data.replace('.txt', '')}-${protocol}-`)).toBe(true);
    expect(fit.epochs).toBeGreaterThan(0);
    expect(loss.numNegatives).toBeGreaterThanOrEqual(0);
    expect(fit.validation).toMatchObject(trainedBy === name ? { protocol } : {});
    if (trainedBy !== name) expect(experimentNamed(trainedBy)).toMatchObject({ data, fit, trainedBy });
  });

  it('lays an experiment over the one it extends, and both over the preset', () => {
    const { model, fit, protocol } = experimentNamed('amazon-games-sampled-bce-ablation-2-heads');
    expect(model).toMatchObject({ numHeads: 2, wiring: 'paper', hiddenUnits: 50, dropoutRate: 0.5 });
    expect(fit).toMatchObject({ epochs: 30, adam: { beta2: 0.98 } });
    expect(protocol).toBe('sampled');
  });

  it('names the experiments there are when asked for another', () => {
    expect(() => experimentNamed('nope')).toThrow('no experiment "nope"; there are:\n  amazon-');
  });
});
