import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itemIds, Rng } from '@recsys/data';
import { sha256OfFile } from '@recsys/data/node';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, sharedCommand } from '../test-support.js';

const root = mkdtempSync(join(tmpdir(), 'recsys-shards-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Without the variables of a scheduler that the tests themselves may run under. */
const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_INDEX$|^SLURM_/.test(name)));
const command = (given: readonly string[]) => ['recommend', 'model', '--k', '3', ...given];
const shared = sharedCommand(root);
const recommend = (given: readonly string[], env: Record<string, string> = {}) =>
  shared(command(given), { ...plain, ...env });
const start = (...given: string[]): ChildProcess =>
  spawn(process.execPath, [cli, ...command(given)], { cwd: root, stdio: 'ignore', env: plain });
const outputsIn = (folder: string) =>
  Object.fromEntries(
    readdirSync(join(root, folder))
      .filter((name) => name !== '.shards')
      .map((name) => [name, readFileSync(join(root, folder, name), 'latin1')]),
  );
const onShards = (outputs: string, ...given: string[]) => ['--inputs', 'histories', '--outputs', outputs, ...given];

beforeAll(async () => {
  await selectBackend({ prefer: 'cpu' });
  const catalog = itemIds(Array.from({ length: 40 }, (_, i) => `item-${i + 1}`));
  await new SASRec({ catalog, maxLength: 8, hiddenUnits: 8, seed: 1 }).save(join(root, 'model'));
  const rng = new Rng(3);
  mkdirSync(join(root, 'histories'));
  for (let shard = 0; shard < 3; shard++) {
    const lines = Array.from({ length: 4500 }, (_, i) => {
      const history = Array.from({ length: 1 + rng.below(9) }, () => `item-${1 + rng.below(40)}`);
      return JSON.stringify(i % 3 === 0 ? history : { [i % 3 === 1 ? 'user' : 'id']: i, history });
    });
    writeFileSync(join(root, 'histories', `part-${shard}.jsonl`), `${lines.join('\n')}\n`);
  }
  writeFileSync(join(root, 'histories', '_SUCCESS'), '');
  const whole = recommend(onShards('whole'));
  expect([whole.stderr, whole.status]).toEqual(['', 0]);
});

describe('recsys recommend --inputs', () => {
  it('writes one file per input, as --input does, and then a manifest', async () => {
    const files = ['manifest.json', 'part-0.jsonl', 'part-1.jsonl', 'part-2.jsonl'];
    expect(readdirSync(join(root, 'whole')).sort()).toEqual(['.shards', ...files]);
    recommend(['--input', 'histories/part-1.jsonl', '--output', 'alone.jsonl']);
    expect(readFileSync(join(root, 'alone.jsonl'), 'latin1') === outputsIn('whole')['part-1.jsonl']).toBe(true);
    const manifest = JSON.parse(outputsIn('whole')['manifest.json']);
    expect(manifest).toMatchObject({ rows: 13_500, settings: { k: '3', engine: expect.stringMatching(/^simd /) } });
    for (const { input, output, rows, sha256, inputSha256 } of manifest.shards) {
      expect([output, rows]).toEqual([input, 4500]);
      expect(sha256).toBe(await sha256OfFile(join(root, 'whole', output)));
      expect(inputSha256).toBe(await sha256OfFile(join(root, 'histories', input)));
    }
  });

  it('--shard auto: the shard that a scheduler names; one that is done is left alone', () => {
    const none = recommend(onShards('auto', '--shard', 'auto'));
    expect(none.status).toBe(2);
    for (const name of [
      'JOB_COMPLETION_INDEX',
      'SLURM_ARRAY_TASK_ID',
      'AWS_BATCH_JOB_ARRAY_INDEX',
      'CLOUD_RUN_TASK_INDEX',
    ])
      expect(none.stderr.replace(/\s+/g, ' ')).toContain(name);
    recommend(onShards('auto', '--shard', 'auto'), { SLURM_ARRAY_TASK_ID: '2' });
    expect(Object.keys(outputsIn('auto'))).toEqual(['part-2.jsonl']);
    const again = recommend(onShards('auto', '--shard', 'auto', '--json'), { JOB_COMPLETION_INDEX: '2' });
    expect(
      again.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .at(-1),
    ).toMatchObject({ shard: 2, wasDone: true });
    const rest = recommend(onShards('auto'));
    expect(rest.stdout).toContain('all 3 shards are done, 13,500 rows: manifest.json');
    expect(outputsIn('auto')).toEqual(outputsIn('whole'));
  });

  it('two processes at once, killed and started again: the same bytes, and no shard twice', async () => {
    const children = [1, 2].map(() => start(...onShards('killed')));
    while (!existsSync(join(root, 'killed', '.shards')) || readdirSync(join(root, 'killed', '.shards')).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(children.map((child) => [once(child, 'exit'), child.kill('SIGKILL')][0]));
    expect(existsSync(join(root, 'killed', 'manifest.json'))).toBe(false);
    const statuses = await Promise.all([1, 2].map(async () => (await once(start(...onShards('killed')), 'exit'))[0]));
    expect(statuses).toEqual([0, 0]);
    expect(outputsIn('killed')).toEqual(outputsIn('whole'));
    expect(readdirSync(join(root, 'killed', '.shards')).sort()).toEqual(['part-0.json', 'part-1.json', 'part-2.json']);
  });

  it.each([
    [['--history', 'item-1', '--shard', '1'], '--shard needs --inputs'],
    [onShards('x', '--shard', '-1'), '--shard must be a number from 0, auto or all, got "-1"'],
  ])('%j is refused in a line', (given, message) => {
    const { stderr, status } = recommend(given);
    expect(stderr.replace(/\s+/g, ' ')).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(status).toBeGreaterThan(0);
  });
});
