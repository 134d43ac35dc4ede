import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelsDirectory, readVerifiedDirectory, savedModelDirectory } from '@recsys/model/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { cli, small, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();
const at = (name: string) => join(root, name);
const killAt = new URL('../../../../test/support/kill-at.mjs', import.meta.url).href;

/** The first day; on the second, `clicks.csv`, there are a new item and a new user. */
const lines = (kept: typeof rows) => kept.map(({ user, item, timestamp }) => `${user},${item},${timestamp}\n`).join('');
writeFileSync(at('first.csv'), `who,what,when\n${lines(rows.slice(0, 2000))}`);
writeFileSync(data, `${readFileSync(data, 'utf8')}newcomer,item-3,1700000000\nnewcomer,brand-new,1700000001\n`);

const nightly = (models: string, source: string, ...flags: string[]) =>
  recsys('nightly', source, '--models', models, ...small, '--warm-epochs', '2', '--json', ...flags);

/** Makes a folder of models as it is after the first night. */
const copied = (name: string): string => {
  cpSync(at('models'), at(name), { recursive: true });
  return name;
};
const versionIn = async (models: string) => (await savedModelDirectory(at(models))).slice(-'version-000001'.length);
const weightsIn = async (models: string) =>
  (await readVerifiedDirectory(await savedModelDirectory(at(models)))).get('weights.bin');
const namesIn = (models: string) => readdirSync(at(models)).sort();
const eventOf = (result: ReturnType<typeof recsys>, name: string) =>
  result.events().find(({ event }) => event === name);

describe('recsys nightly', () => {
  let first: ReturnType<typeof recsys>;
  let second: ReturnType<typeof recsys>;
  beforeAll(() => {
    first = nightly('models', 'first.csv');
    cpSync(at('models'), at('two'), { recursive: true });
    second = nightly('two', data);
  }, 120_000);

  it('publishes the first model, tested beside baselines', async () => {
    expect([first.stderr, first.status]).toEqual(['', 0]);
    expect(eventOf(first, 'verdict')).toBeDefined();
    expect(eventOf(first, 'current')).toMatchObject({ version: 'version-000001', replaces: null, reason: 'published' });
    expect(namesIn('models')).toEqual(['current.json', 'version-000001']);
  });

  it('trains on from it the next night, compares the two, and publishes what is not worse', async () => {
    expect([second.stderr, second.status]).toEqual(['', 0]);
    expect(eventOf(second, 'from')).toMatchObject({ path: 'two/version-000001', kept: 40, added: 1 });
    expect(eventOf(second, 'training')).toMatchObject({ epochs: 2 });
    const { difference, pValue, numTargets, leftOut } = eventOf(second, 'compared');
    expect(numTargets).toBeGreaterThan(250);
    expect(leftOut).toEqual({ newItems: 0, unknownHistories: 0 });
    expect(difference.low).toBeLessThanOrEqual(difference.high);
    expect(pValue).toBeGreaterThan(0);
    expect(eventOf(second, 'current')).toMatchObject({ version: 'version-000002', replaces: 'version-000001' });
    expect(await versionIn('two')).toBe('version-000002');
    expect(namesIn('two')).toEqual(['current.json', 'version-000001', 'version-000002']);
  });

  it('refuses a model that is worse, says why, and keeps its run', async () => {
    const models = copied('refusing');
    const good = ['--epochs', '30', '--learning-rate', '0.02', '--dropout-rate', '0.2'];
    const bad = ['--learning-rate', '2', '--warm-epochs', '1'];
    nightly(models, 'first.csv', '--from-scratch', ...good);
    const { status, stdout } = recsys('nightly', 'first.csv', '--models', models, ...small, ...bad);
    expect(stdout).toMatch(
      /^refused {2}worse than version-000002 \(NDCG@10 -0\.\d+, p 0\.0[0-4]\d\); version-000002 stays/m,
    );
    expect(status).toBe(3);
    expect(await versionIn(models)).toBe('version-000002');
    expect(namesIn(models)).toEqual(['current.json', 'refused', 'version-000001', 'version-000002']);
    const forced = nightly(models, 'first.csv', ...bad, '--force', '--keep', '1');
    expect(eventOf(forced, 'current')).toMatchObject({ version: 'version-000003', removed: ['version-000001'] });
    expect(namesIn(models)).toEqual(['current.json', 'refused', 'version-000002', 'version-000003']);
  }, 120_000);

  it('refuses a training that diverges', () => {
    const models = copied('diverging');
    const result = nightly(models, 'first.csv', '--learning-rate', '1e9');
    expect(eventOf(result, 'refused').reason).toMatch(/^the training diverged: /);
    expect(result.status).toBe(3);
    expect(namesIn(models)).toEqual(['current.json', 'refused', 'version-000001']);
  });

  it('rolls back, and trains on from there', async () => {
    const models = copied('rolled');
    cpSync(at('two'), at(models), { recursive: true });
    const back = recsys('nightly', '--models', models, '--rollback', '--json');
    expect(eventOf(back, 'current')).toMatchObject({ version: 'version-000001', reason: 'rollback' });
    expect(await versionIn(models)).toBe('version-000001');
    const none = recsys('nightly', '--models', models, '--rollback');
    expect([none.status, none.stderr]).toEqual([
      1,
      expect.stringContaining('is the first version; there is none before'),
    ]);
    const again = nightly(models, data);
    expect(eventOf(again, 'current')).toMatchObject({ version: 'version-000003', replaces: 'version-000001' });
    expect(await weightsIn(models)).toEqual(await weightsIn('two'));
  });

  it('says how to leave a current version that is damaged', () => {
    const models = copied('damaged');
    writeFileSync(join(at(models), 'version-000001', 'weights.bin'), '');
    const { status, stderr } = nightly(models, data);
    expect([status, stderr.replaceAll('\n', ' ')]).toEqual([
      1,
      expect.stringMatching(/version-000001\/weights\.bin: .*\. Use --rollback to go back to the version before it\./),
    ]);
  });

  it('refuses a second process on the folder', async () => {
    const held = await ModelsDirectory.open(at('models'));
    const result = nightly('models', data);
    await held.release();
    expect([result.status, result.stderr]).toEqual([
      1,
      expect.stringContaining(`models: is in use by process ${process.pid}`),
    ]);
    expect(namesIn('models')).toEqual(['current.json', 'version-000001']);
  });

  it.each([
    [['first.csv', '--models', 'm', '--rollback'], '--rollback trains nothing, and takes no data'],
    [['first.csv', '--models', 'm', '--keep', '0'], '--keep must be an integer >= 1, got 0'],
  ])('%j is wrong usage', (given, message) => {
    const result = recsys('nightly', ...given);
    expect(result.stderr).toContain(message);
    expect(result.status).toBe(2);
  });

  describe('killed at every stage, one start after the other', () => {
    /** Where it is killed, and the version that is current then. */
    const stages = {
      'loading the data': [{ call: 'write', match: '"event":"data"' }, 1],
      training: [{ call: 'write', match: '"event":"epoch","epoch":1' }, 1],
      'writing a checkpoint': [{ call: 'open', match: 'partial-step-0*[1-9].*optimizer.bin' }, 1],
      comparing: [{ call: 'write', match: '"event":"compared"' }, 1],
      'writing the version': [{ call: 'open', match: 'partial-version-.*weights.bin' }, 1],
      'renaming the version': [{ call: 'rename', match: 'partial-version-' }, 1],
      'making the version current': [{ call: 'rename', match: 'current.json' }, 1],
      'cleaning up': [{ call: 'rename', match: 'partial-training' }, 2],
    } as const;

    it('never loses the current model, and ends with the same one as a night that was not killed', async () => {
      const models = copied('killed');
      const args = ['nightly', data, '--models', models, ...small, '--warm-epochs', '2', '--json'];
      for (const [stage, [where, version]] of Object.entries(stages)) {
        const { signal, stdout } = spawnSync(process.execPath, ['--import', killAt, cli, ...args], {
          cwd: root,
          env: { ...process.env, KILL_AT: JSON.stringify(where) },
          encoding: 'utf8',
        });
        expect([stage, signal, stdout]).toEqual([stage, 'SIGKILL', expect.any(String)]);
        expect([stage, await versionIn(models)]).toEqual([stage, `version-00000${version}`]);
        await readVerifiedDirectory(await savedModelDirectory(at(models)));
      }
      const { status, stderr, events } = recsys(...args);
      expect([stderr, status]).toEqual(['', 0]);
      expect(events().at(-1)).toMatchObject({ event: 'current', version: 'version-000002' });
      expect(events().filter(({ event }) => event === 'epoch')).toEqual([]); // it is not trained again
      expect(namesIn(models)).toEqual(['current.json', 'version-000001', 'version-000002']);
      expect(await weightsIn(models)).toEqual(await weightsIn('two'));
    }, 120_000);

    it('begins again when the data is another one', () => {
      const models = copied('other-data');
      const args = ['nightly', '--models', models, ...small, '--json', 'first.csv'];
      spawnSync(process.execPath, ['--import', killAt, cli, ...args], {
        cwd: root,
        env: { ...process.env, KILL_AT: JSON.stringify({ call: 'write', match: '"event":"epoch","epoch":1' }) },
      });
      expect(namesIn(models)).toContain('training');
      const { status, stderr } = nightly(models, data);
      expect(stderr).toContain('the training that was stopped cannot go on, and begins again');
      expect(status).toBe(0);
      rmSync(at(models), { recursive: true });
    }, 60_000);
  });
});
