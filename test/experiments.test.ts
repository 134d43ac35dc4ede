import { countData, simulateInteractions, toSequences } from '@recsys/data';
import { recommendedModel } from '@recsys/sasrec';
import { recommendedFit } from '@recsys/training';
import { describe, expect, it } from 'vitest';
import { experimentNamed, experimentNames, settingsFor } from '../benchmarks/experiment.ts';

const train = toSequences(simulateInteractions({ seed: 1, users: 200 }).interactions);
const settingsOf = (name: string) => settingsFor(experimentNamed(name), train);

describe('experiments', () => {
  it.each(experimentNames())('%s is complete, and is named after its data and protocol', (name) => {
    const { data, protocol, tests, split, preset, trainedBy } = experimentNamed(name);
    const dataName = data.replace(/\.txt$|\/.*$/, '') + (split.kind === 'time' ? '-time-split' : '');
    expect(name.startsWith(`${dataName}-${preset === 'recommended' ? 'recommended' : `${protocol}-`}`)).toBe(true);
    expect(tests).toContain(protocol);
    const { fit, loss } = settingsOf(name);
    expect(fit.epochs).toBeGreaterThan(0);
    expect(loss.numNegatives).toBeGreaterThanOrEqual(0);
    expect(fit.validation).toMatchObject(trainedBy === name ? { protocol } : {});
    if (trainedBy !== name) expect(experimentNamed(trainedBy)).toMatchObject({ data, trainedBy });
  });

  it('inherits from the experiment that it extends, and from the preset', () => {
    const { model, fit } = settingsOf('amazon-games-sampled-bce-ablation-2-heads');
    expect(model).toMatchObject({ numHeads: 2, wiring: 'paper', hiddenUnits: 50, dropoutRate: 0.5 });
    expect(fit).toMatchObject({ epochs: 30, adam: { beta2: 0.98 } });
    expect(experimentNamed('amazon-games-sampled-bce-ablation-2-heads').protocol).toBe('sampled');
  });

  it('has the settings of the recipe for the data, and overrides some', () => {
    const recipe = experimentNamed('ml-1m-recommended');
    const { model, fit, loss } = settingsFor(recipe, train);
    expect(model).toEqual(recommendedModel(countData(train)));
    const { loss: ownLoss, ...ownFit } = recommendedFit(train, model);
    expect(fit).toEqual(ownFit);
    expect(loss.name).toBe(ownLoss.name);
    const changed = settingsFor(
      { ...recipe, given: { model: { numBlocks: 1 }, fit: { epochs: 20 }, loss: { name: 'bce' } } },
      train,
    );
    expect(changed.model).toEqual({ ...model, numBlocks: 1 });
    expect(changed.fit).toMatchObject({ epochs: 20, learningRate: 0.002, validation: { protocol: 'full', every: 1 } });
    expect(changed.loss.name).toBe('binary-cross-entropy');
  });

  it('lists the experiments if the name is unknown', () => {
    expect(() => experimentNamed('nope')).toThrow('unknown experiment "nope"; experiments are:\n  amazon-');
  });
});
