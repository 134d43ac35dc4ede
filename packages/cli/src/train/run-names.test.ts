import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtIns } from '../models/index.js';
import { newestRun, runName } from './run-names.js';

const { sasrec } = builtIns;

describe('runName', () => {
  it('tells the settings that were given, and no others', () => {
    expect(runName('ml-1m', sasrec, {})).toBe('ml-1m-sasrec-0');
    expect(runName('ml-1m', sasrec, { preset: 'paper', seed: 3, k: [5] })).toBe('ml-1m-paper-3');
    expect(
      runName('ml-1m', sasrec, { hiddenUnits: 64, loss: 'gbce', positions: false, logQ: true, clipNorm: false }),
    ).toBe('ml-1m-sasrec-hidden-units-64-no-positions-loss-gbce-log-q-no-clip-norm-0');
    expect(runName('d'.repeat(300), sasrec, { seed: 1 })).toHaveLength(122);
  });
});

describe('newestRun', () => {
  const root = mkdtempSync(join(tmpdir(), 'recsys-runs-'));
  afterAll(() => rmSync(root, { recursive: true }));

  it('is the one that was written to last', () => {
    const at = (name: string, file: string, seconds: number) => {
      mkdirSync(join(root, name), { recursive: true });
      writeFileSync(join(root, name, file), '');
      utimesSync(join(root, name, file), seconds, seconds);
    };
    at('first', 'config.json', 100);
    at('second', 'config.json', 200);
    at('first', 'metrics.jsonl', 300); // it was resumed
    at('no-run', 'metrics.jsonl', 400);
    expect(newestRun(root)).toBe(join(root, 'first'));
  });

  it('says that there is none', () => {
    expect(() => newestRun(join(root, 'missing'))).toThrow('holds no run to resume; name it: --resume RUN');
  });
});
