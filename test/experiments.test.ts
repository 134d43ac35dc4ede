import { describe, expect, it } from 'vitest';
import { experimentNamed, experimentNames } from '../benchmarks/experiment.ts';

describe('experiments', () => {
  it.each(experimentNames())('%s is complete, and is named after its data and protocol', (name) => {
    const { data, protocol, fit, loss, trainedBy } = experimentNamed(name);
    expect(name.startsWith(`${data.replace('.txt', '')}-${protocol}-`)).toBe(true);
    expect(fit.epochs).toBeGreaterThan(0);
    expect(loss.numNegatives).toBeGreaterThanOrEqual(0);
    expect(fit.validation).toMatchObject(trainedBy === name ? { protocol } : {});
    if (trainedBy !== name) expect(experimentNamed(trainedBy)).toMatchObject({ data, fit, trainedBy });
  });

  it('inherits from the experiment that it extends, and from the preset', () => {
    const { model, fit, protocol } = experimentNamed('amazon-games-sampled-bce-ablation-2-heads');
    expect(model).toMatchObject({ numHeads: 2, wiring: 'paper', hiddenUnits: 50, dropoutRate: 0.5 });
    expect(fit).toMatchObject({ epochs: 30, adam: { beta2: 0.98 } });
    expect(protocol).toBe('sampled');
  });

  it('lists the experiments if the name is unknown', () => {
    expect(() => experimentNamed('nope')).toThrow('unknown experiment "nope"; experiments are:\n  amazon-');
  });
});
