import type { RmOptions } from 'node:fs';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@recsys/model';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { LastItemModel, smallSplit, useTestBackend, weightsOf } from '../../../../test/support/models.js';
import { type FitOptions, fit } from '../fit/index.js';

/** Paths that cannot be removed, as on a network disk that holds them open. */
const busy = vi.hoisted(() => ({ pattern: undefined as RegExp | undefined }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const rm = async (path: string, options: RmOptions) => {
    if (busy.pattern?.test(path)) throw Object.assign(new Error('EBUSY: resource busy'), { code: 'EBUSY' });
    await real.rm(path, options);
  };
  return { ...real, rm };
});

await useTestBackend();

const root = mkdtempSync(join(tmpdir(), 'recsys-runs-'));
afterAll(() => rmSync(root, { recursive: true }));
const newRun = () => join(mkdtempSync(join(root, 'case-')), 'run');

const split = smallSplit();
const newModel = () => new LastItemModel({ catalog: split.catalog, maxLength: 6 });
const load = (path: string, options = {}) =>
  loadModel(path, (config: ConstructorParameters<typeof LastItemModel>[0]) => new LastItemModel(config), options);
const options: FitOptions = {
  epochs: 6,
  seed: 4,
  batchSize: 16,
  learningRate: 0.02,
  validation: { protocol: 'full', patience: false },
  clock: () => 0,
};

/** Flips a byte of the weights of a checkpoint. */
const damage = (run: string, checkpoint: string) => {
  const path = join(run, 'checkpoints', checkpoint, 'weights.bin');
  const content = readFileSync(path);
  content[10] ^= 1;
  writeFileSync(path, content);
};

/** Returns a run whose best epoch is its first, and that continues to its third. */
const pastItsBest = async (): Promise<string> => {
  const run = newRun();
  await fit(newModel(), split, { ...options, epochs: 6, maxSteps: 12, learningRate: 1e-12, runDirectory: run });
  return run;
};
const best = 'step-0000000004';
const newest = 'step-0000000012';

describe('a run whose best checkpoint is damaged', () => {
  it('is not loaded in silence: the newest whole checkpoint is, where the caller wants to know', async () => {
    const run = await pastItsBest();
    damage(run, best);
    await expect(load(run)).rejects.toThrow(
      /best checkpoint cannot be read: .*weights\.bin: does not match its sha256.* Set onDamaged to load the newest/,
    );
    const reasons: string[] = [];
    const model = await load(run, { onDamaged: (reason: string) => reasons.push(reason) });
    expect(weightsOf(model)).toEqual(weightsOf(await load(join(run, 'checkpoints', newest))));
    expect(reasons).toEqual([expect.stringContaining('so the newest one is used')]);
  });

  it('is resumed, and a later epoch becomes the best', async () => {
    const run = await pastItsBest();
    damage(run, best);
    const refused: string[] = [];
    const callbacks = [
      {
        onResume: (record: { refused: readonly { name: string }[] }) => {
          refused.push(...record.refused.map(({ name }) => name));
        },
      },
    ];
    const result = await fit(newModel(), split, {
      ...options,
      learningRate: 1e-12,
      runDirectory: run,
      resume: true,
      callbacks,
    });
    expect(refused).toEqual([best]);
    expect(result).toMatchObject({ stopped: 'epochs', best: { epoch: 4 } });
    await load(run);
  });
});

describe('a run directory from a stranger', () => {
  it.each([
    ['metrics.jsonl', (path: string, outside: string) => symlinkSync(outside, path)],
    ['metrics.jsonl', (path: string) => mkdirSync(path)],
  ])('is not trained in when %s is not a file of its own', async (name, replace) => {
    const run = await pastItsBest();
    const outside = join(root, 'outside.txt');
    writeFileSync(outside, 'x'.repeat(100_000));
    rmSync(join(run, name));
    replace(join(run, name), outside);
    await expect(
      fit(newModel(), split, { ...options, learningRate: 1e-12, runDirectory: run, resume: true }),
    ).rejects.toThrow(
      expect.objectContaining({ code: 'unsafe-path', message: expect.stringContaining('must be a regular file') }),
    );
    expect(readFileSync(outside).length).toBe(100_000);
  });

  it('is not trained in when its checkpoints are elsewhere', async () => {
    const run = await pastItsBest();
    const outside = join(run, '..', 'elsewhere');
    renameSync(join(run, 'checkpoints'), outside);
    mkdirSync(join(outside, '.partial-mine'));
    symlinkSync(outside, join(run, 'checkpoints'));
    await expect(
      fit(newModel(), split, { ...options, learningRate: 1e-12, runDirectory: run, resume: true }),
    ).rejects.toThrow('checkpoints: must be a folder for training, and is not');
    expect(existsSync(join(outside, '.partial-mine'))).toBe(true);
  });
});

describe('a run', () => {
  it('is not resumed on another engine, which would round differently', async () => {
    const run = await pastItsBest();
    const path = join(run, 'config.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"engine": "[^"]+"/, '"engine": "simd relaxed-simd"'));
    await expect(
      fit(newModel(), split, { ...options, learningRate: 1e-12, runDirectory: run, resume: true }),
    ).rejects.toThrow(/cannot be resumed with another engine: the run has "simd relaxed-simd", got "\w+/);
  });

  it('is not served before it has trained', async () => {
    const run = newRun();
    await fit(newModel(), split, { ...options, runDirectory: run, maxSteps: 1 });
    rmSync(join(run, 'checkpoints', 'step-0000000001'), { recursive: true });
    await expect(load(run)).rejects.toThrow(
      expect.objectContaining({ code: 'not-trained', message: `${run}: has no checkpoint of a trained model yet` }),
    );
  });

  it('continues when an old checkpoint cannot be removed', async () => {
    const run = newRun();
    const hold = {
      onStep: () => {
        busy.pattern = /checkpoints\/step-0000000000$/;
      },
    };
    try {
      const result = await fit(newModel(), split, { ...options, runDirectory: run, callbacks: [hold] });
      expect(result.stopped).toBe('epochs');
    } finally {
      busy.pattern = undefined;
    }
    expect(existsSync(join(run, 'checkpoints', 'step-0000000000'))).toBe(true);
  });

  it('names the checkpoint that the disk does not let it write', async () => {
    const run = newRun();
    busy.pattern = /checkpoints\/step-0000000000$/;
    try {
      await expect(fit(newModel(), split, { ...options, runDirectory: run })).rejects.toMatchObject({
        code: 'cannot-write',
        message: `${join(run, 'checkpoints', 'step-0000000000')}: cannot be written: EBUSY: resource busy`,
      });
    } finally {
      busy.pattern = undefined;
    }
  });
});
