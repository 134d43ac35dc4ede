import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each example prints. The others have tests of their own: the browser page, the quickstart, the paper's runs, the models, the Python server, and the shards, which faults are caused in. */
const prints: Readonly<Record<string, { args?: string[]; patterns: RegExp[] }>> = {
  'custom-model': { patterns: [/GRU4Rec/] },
  database: { patterns: [/recommended next:/, /NDCG@10 \d/] },
  'own-data': { patterns: [/test, full ranking: HR@10 0\.\d+/] },
  shop: {
    args: ['--users', '400', '--products', '100', '--max-steps', '60'],
    patterns: [
      /^events\.csv, (ordered by event_time \(ISO 8601\), 2026-10-01 to 2026-10-30: Markov chain NDCG@10 0\.\d+)\nshuffled\.csv, \1$/m,
      /day 30, test: SASRec NDCG@10 0\.\d+/,
      /games alone:\n( {2}[0-9a-f-]{36} {2}games\n)+for/,
      /day 31, test: SASRec NDCG@10 0\.\d+/,
      /[1-9]\d* requests were answered during the night, 0 failed/,
    ],
  },
};
const elsewhere = ['browser', 'models', 'paper', 'python', 'quickstart', 'shards'];

describe('examples', () => {
  it('are all run', () => {
    const names = readdirSync(`${root}/examples`).map((entry) => entry.replace(/\.ts$/, ''));
    expect(names.sort()).toEqual([...Object.keys(prints), ...elsewhere].sort());
  });

  it.each(Object.entries(prints))(
    '%s',
    (name, { args = [], patterns }) => {
      const stdout = execFileSync(process.execPath, ['--import', 'tsx', 'scripts/example.ts', name, ...args], {
        cwd: root,
        encoding: 'utf8',
        timeout: 300_000,
      });
      for (const pattern of patterns) expect(stdout).toMatch(pattern);
    },
    300_000,
  );
});
