import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openRun } from './run-info.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-run-info-'));
afterAll(() => rmSync(root, { recursive: true }));

const config = {
  format: 1,
  model: { name: 'SASRec' },
  fit: {},
  loss: { name: 'bce', numNegatives: 1 },
  data: { fingerprint: 'f' },
  info: { data: 'a.csv' },
};

describe('openRun', () => {
  it.each([
    [{ model: null }, 'model '],
    [{ model: {} }, 'model.name '],
    [{ loss: null }, 'loss '],
    [{ loss: { name: 'bce', numNegatives: -1 } }, 'loss.numNegatives '],
    [{ fit: 5 }, 'fit '],
    [{ data: null }, 'data '],
  ])('refuses a config with %j, and names the place', async (changed, place) => {
    writeFileSync(join(root, 'config.json'), JSON.stringify({ ...config, ...changed }));
    await expect(openRun(root)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining(`config.json: ${place}`),
    });
  });

  it('opens what fit writes', async () => {
    writeFileSync(join(root, 'config.json'), JSON.stringify(config));
    expect((await openRun(root)).config).toEqual(config);
  });
});
