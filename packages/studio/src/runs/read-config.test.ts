import { describe, expect, it } from 'vitest';
import { configOf, temporaryFolder, writeRun } from '../test-support.js';
import { readConfig } from './read-config.js';

describe('readConfig', () => {
  it('has settings by their path: short lists as JSON, long ones as their length', async () => {
    const features = { columns: Array.from({ length: 13 }, (_, i) => ({ value: i })), dense: [] };
    const run = writeRun(temporaryFolder(), 'run', configOf({ model: { name: 'SASRec', features } }));
    const { all } = await readConfig(run);
    expect(all).toMatchObject({
      'model.features.columns': '13 values',
      'model.features.dense': '[]',
      'fit.validation.k': '[10]',
      'fit.epochs': 4,
    });
  });
});
