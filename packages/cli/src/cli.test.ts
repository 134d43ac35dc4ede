import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { simulateInteractions } from '@recsys/data';
import { zipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'recsys-cli-'));
afterAll(() => rmSync(root, { recursive: true }));

const data = join(root, 'clicks.csv');
const rows = simulateInteractions({
  seed: 5,
  users: 300,
  items: 40,
  meanLength: 8,
}).interactions.table.objects() as Record<string, unknown>[];
writeFileSync(
  data,
  `who,what,when\n${rows.map(({ user, item, timestamp }) => `${user},${item},${timestamp}`).join('\n')}\n`,
);

const recsys = (...given: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...given], { cwd: root, encoding: 'utf8' });
  return {
    status,
    stdout,
    stderr,
    events: () =>
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
  };
};
const columns = ['--user', 'who', '--item', 'what', '--time', 'when'];
const small = [
  ...columns,
  '--max-length',
  '8',
  '--hidden-units',
  '8',
  '--batch-size',
  '16',
  '--epochs',
  '4',
  '--seed',
  '3',
  '--protocol',
  'full',
  '--patience',
  '100',
];

/** The lines of a run's log without what depends on the clock. */
const logOf = (run: string) =>
  readFileSync(join(root, run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), seconds: 0 }));
const newestWeights = (run: string) => {
  const checkpoints = join(root, run, 'checkpoints');
  return readFileSync(join(checkpoints, readdirSync(checkpoints).sort().at(-1)!, 'weights.bin'));
};

describe('recsys', () => {
  const trained = recsys('train', data, ...small, '--out', 'whole', '--json');

  it('train: reports backend, data, model, epochs, baselines, test and where the run is', () => {
    expect(trained.stderr).toBe('');
    expect(trained.status).toBe(0);
    expect(trained.events().map(({ event }) => event)).toEqual([
      'backend',
      'data',
      'model',
      'epoch',
      'epoch',
      'epoch',
      'epoch',
      'baseline',
      'baseline',
      'test',
      'saved',
    ]);
    expect(trained.events()[1]).toMatchObject({ users: 300, items: 40, interactions: rows.length });
    const test = trained.events().find(({ event }) => event === 'test');
    expect(test).toMatchObject({ protocol: 'full', numTargets: 300 });
    expect(test.metrics['ndcg@10'].value).toBeGreaterThan(0);
  });

  it('evaluate: two runs side by side, with the p-value of their difference', () => {
    recsys('train', data, ...small, '--seed', '2', '--epochs', '1', '--out', 'short', '--json');
    const events = recsys('evaluate', 'whole', 'short', '--json').events();
    const [whole, short] = events.filter(({ event }) => event === 'test');
    const paired = events.filter(({ event }) => event === 'paired');
    expect(paired.map(({ metric }) => metric)).toEqual(['ndcg@10', 'hr@10']);
    for (const { metric, difference, pValue } of paired) {
      expect(difference.value).toBeCloseTo(whole.metrics[metric].value - short.metrics[metric].value, 10);
      expect(pValue).toBeGreaterThan(0);
      expect(pValue).toBeLessThanOrEqual(1);
    }
    expect(recsys('evaluate', 'whole', 'whole').stdout).toContain(
      'NDCG@10 first - second +0.0000 [+0.0000, +0.0000]  p 1.000',
    );
  });

  it('evaluate: gives the figures of the test again, and others when asked to', () => {
    const test = trained.events().find(({ event }) => event === 'test');
    expect(recsys('evaluate', 'whole', '--json').events().at(-1).metrics).toEqual(test.metrics);
    const other = recsys(
      'evaluate',
      'whole',
      '--protocol',
      'sampled-per-item',
      '--k',
      '5,20',
      '--part',
      'validation',
      '--sample-targets',
      '50',
      '--json',
    );
    expect(other.stderr).toContain('numNegatives must be at most 39');
    expect(other.status).toBe(1);
    const text = recsys('evaluate', 'whole', '--k', '5,20', '--part', 'validation', '--sample-targets', '50').stdout;
    expect(text).toMatch(
      /^validation NDCG@5 0\.\d{4} \[0\.\d{3}, 0\.\d{3}\] {2}NDCG@20 .* HR@20 .* full ranking, 50 targets$/m,
    );
  });

  it('evaluate --groups: the groups of histories and of targets make up all users and the whole metric', () => {
    const [, test, ...groups] = recsys('evaluate', 'whole', '--groups', '--json').events();
    expect(groups.map(({ event, group }) => [event, group])).toEqual([
      ['group', 'short-history'],
      ['group', 'long-history'],
      ['group', 'head-target'],
      ['group', 'tail-target'],
    ]);
    for (const pair of [groups.slice(0, 2), groups.slice(2)]) {
      const meanOver = (of: (group: (typeof groups)[number]) => number) =>
        pair.reduce((sum, group) => sum + of(group) * group.numTargets, 0) / 300;
      expect(meanOver(() => 1)).toBe(1);
      expect(meanOver(({ metrics }) => metrics['ndcg@10'].value)).toBeCloseTo(test.metrics['ndcg@10'].value, 10);
    }
    expect(recsys('evaluate', 'whole', '--groups').stdout).toMatch(
      /^group {4}NDCG@10 0\.\d{4} \[0\.\d{3}, 0\.\d{3}\] {2}HR@10 .* {3}target of the \d+ items of the head, \d+ targets$/m,
    );
  });

  it('recommend: for a history, for a user, and for a file of histories, the same', () => {
    const one = recsys('recommend', 'whole', '--history', 'item-1,item-2', '--k', '3', '--json').events().slice(2);
    expect(one).toHaveLength(3);
    const input = join(root, 'histories.jsonl');
    writeFileSync(input, '["item-1","item-2"]\n{"history":["item-3","nothing"]}\n');
    const file = recsys('recommend', 'whole', '--input', input, '--output', join(root, 'out.jsonl'), '--k', '3');
    expect(file.status).toBe(0);
    expect(file.stderr).toContain('passed over 1 items the model does not know; the first: nothing');
    const lines = readFileSync(join(root, 'out.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(2);
    expect(lines[0].map(({ item }: { item: string }) => item)).toEqual(one.map(({ item }) => item));
    const user = recsys('recommend', 'whole', '--user', 'user-7', '--k', '2', '--json').events();
    expect(user[1].history.length).toBeGreaterThan(4);
    for (const { item } of user.slice(2)) expect(user[1].history).not.toContain(item);
  });

  /** Seconds of training, so that a signal finds it at work. */
  const long = [...small, '--batch-size', '2', '--epochs', '12'];
  const wholeLong = recsys('train', data, ...long, '--out', 'whole-long');

  it('train --resume: after kill -9 in the middle of an epoch, ends bit for bit as the run that was not killed', async () => {
    expect(wholeLong.status).toBe(0);
    for (const milliseconds of [30, 90]) {
      const run = `killed-${milliseconds}`;
      const child = spawn(process.execPath, [cli, 'train', data, ...long, '--out', run, '--json'], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await epochs(child, 2);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(logOf(run).length).toBeLessThan(12);
      const resumed = recsys('train', '--resume', run, '--json');
      expect(resumed.status).toBe(0);
      expect(resumed.events().map(({ event }) => event)).toContain('resumed');
      expect(newestWeights(run).equals(newestWeights('whole-long'))).toBe(true);
      expect(logOf(run)).toEqual(logOf('whole-long'));
    }
  });

  it('train: Ctrl-C saves, says how to go on, and exits with 130; going on ends as if it had not been', async () => {
    const child = spawn(process.execPath, [cli, 'train', data, ...long, '--out', 'stopped'], { cwd: root });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await epochs(child, 1);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(output).toContain('Go on with: recsys train --resume stopped');
    expect(recsys('train', '--resume', 'stopped').status).toBe(0);
    expect(newestWeights('stopped').equals(newestWeights('whole-long'))).toBe(true);
  });

  it('train --config: takes options from a file, flags win, and the unknown is refused', () => {
    const config = join(root, 'config.json');
    writeFileSync(
      config,
      JSON.stringify({
        hiddenUnits: 4,
        epochs: 9,
        user: 'who',
        item: 'what',
        time: 'when',
        positions: false,
        k: [5],
        protocol: 'full',
      }),
    );
    const { events, status } = recsys(
      'train',
      data,
      '--config',
      config,
      '--epochs',
      '1',
      '--out',
      'configured',
      '--json',
    );
    expect(status).toBe(0);
    expect(events()[2]).toMatchObject({ hiddenUnits: 4, positions: false, maxLength: 50 });
    expect(events().filter(({ event }) => event === 'epoch')).toHaveLength(1);
    const refused = (content: string, message: string) => {
      writeFileSync(config, content);
      expect(recsys('train', data, '--config', config)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(message),
      });
    };
    refused('{"hidden": 4}', 'unknown option "hidden"');
    refused('{"__proto__": {"epochs": 1}}', 'unknown option "__proto__"');
    refused('{"epochs": "many"}', 'option epochs must be a number, got "many"');
    refused('{"wiring": "mine"}', 'option wiring must be one of paper, pre-norm, post-norm, shared-norm, got "mine"');
    refused('[]', 'must hold a JSON object');
    refused('{', 'cannot be read as JSON');
  });

  it.each([
    [['train'], 2, 'give a data file, or --resume RUN; one of the two'],
    [['train', 'x.csv', '--epoch', '3'], 2, "unknown option '--epoch'"],
    [['train', 'x.csv', '--epochs', 'many'], 2, '--epochs must be a number, got "many"'],
    [['train', 'none.csv'], 1, 'none.csv: no such file'],
    [['train', data], 1, 'the header has no column that looks like the user; it has "who", "what", "when"'],
    [['train', data, '--user', 'who'], 2, '--user and --item go together'],
    [
      ['train', data, ...columns, '--num-heads', '3', '--out', 'bad-heads'],
      1,
      'SASRec: hiddenUnits (50) must be divisible by numHeads (3)',
    ],
    [['train', data, ...small, '--out', 'whole'], 2, 'whole holds a run already. Go on with it by --resume whole'],
    [['train', '--resume', 'whole', '--epochs', '9'], 2, "--resume takes the run's own options; leave out epochs"],
    [['train', '--resume', 'nowhere'], 1, 'nowhere: holds no run'],
    [['evaluate', 'nowhere'], 1, 'nowhere: holds no run'],
    [['recommend', 'nowhere', '--history', 'a'], 1, 'nowhere: is no run, checkpoint or saved model'],
    [['recommend', 'whole'], 2, 'give one of --history, --user and --input'],
    [['recommend', 'whole', '--user', 'nobody'], 2, "--user nobody is not one of the 300 users of the run's data"],
    [['recommend', 'whole', '--history', 'a'], 1, 'history 0 has no item the model knows'],
    [['recommend', 'whole', '--history', 'item-1', '--k', '0'], 1, 'k must be an integer in 1..40'],
    [['data', 'convert', data, 'x.xlsx', ...columns], 1, 'must be one of text, csv, parquet, arrow'],
    [['data', 'describe', 'none.csv'], 1, 'none.csv: no such file'],
    [['data', 'burn'], 2, "unknown command 'burn'"],
    [['teach'], 2, "unknown command 'teach'"],
  ])('%j exits with %d and one line that says why', (given, status, message) => {
    const result = recsys(...given);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain('    at ');
    expect(result.status).toBe(status);
  });

  it('data describe: counts, quantiles and distributions, also as SVG', () => {
    const events = recsys('data', 'describe', data, ...columns, '--svg', 'charts', '--json').events();
    expect(events.map(({ event }) => event)).toEqual([
      'data',
      'length',
      'times',
      'lengths',
      'drew',
      'popularity',
      'drew',
    ]);
    expect(events[0]).toMatchObject({ users: 300, items: 40, interactions: rows.length, skipped: 0 });
    for (const { bins } of events.filter((event) => event.bins))
      expect(bins.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBeGreaterThanOrEqual(40);
    for (const { path } of events.filter(({ event }) => event === 'drew'))
      expect(readFileSync(join(root, path), 'utf8')).toContain('<svg ');
    expect(recsys('data', 'describe', data, ...columns).stdout).toContain('users by number of interactions\n');
  });

  it('data convert: what is written is what was read, and describes the same', () => {
    const [before] = recsys('data', 'describe', data, ...columns, '--json').events();
    for (const ending of ['csv', 'parquet', 'arrow', 'txt']) {
      const written = recsys('data', 'convert', data, `converted.${ending}`, ...columns, '--json');
      expect(written.stderr).toBe('');
      expect(written.events()).toEqual([
        { event: 'wrote', path: `converted.${ending}`, interactions: rows.length, skipped: 0 },
      ]);
      const [after] = recsys('data', 'describe', `converted.${ending}`, '--json').events();
      expect(after).toEqual({ ...before, path: `converted.${ending}` });
    }
  });

  it('data get: lists the datasets, with terms and citation, and refuses what is none', () => {
    const events = recsys('data', 'get', '--list', '--json', '--cache', 'cache').events();
    expect(events.map(({ name }) => name)).toEqual([
      'ml-100k',
      'ml-1m',
      'ml-latest-small',
      'amazon-beauty',
      'amazon-games',
      'steam',
    ]);
    for (const { terms, citation } of events) expect(`${terms} ${citation}`).toMatch(/research.* 201[58]/);
    expect(recsys('data', 'get', 'ml-2m')).toMatchObject({ status: 2, stderr: expect.stringContaining('"ml-2m"') });
    expect(recsys('data', 'get')).toMatchObject({ status: 2 });
    const archive = recsys('data', 'get', 'ml-1m', '--archive', data, '--cache', 'cache');
    expect(archive).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('terms    Free for research'),
      stderr: `recsys: ${data}: is not a zip archive, so it has no member "ml-1m/ratings.dat"\n`,
    });
  });

  it('takes a dataset of the cache by its name, a file of that name first', () => {
    process.env.RECSYS_CACHE = join(root, 'named');
    try {
      const missing = recsys('data', 'describe', 'amazon-games');
      expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('recsys data get amazon-games') });
      expect(recsys('train', 'amazon-games')).toMatchObject({ status: 2, stderr: missing.stderr });
      mkdirSync(join(root, 'named', 'amazon-games'), { recursive: true });
      const path = join(root, 'named', 'amazon-games', 'amazon-games.csv');
      writeFileSync(path, 'user,item,timestamp\na,x,1\n');
      expect(recsys('data', 'describe', 'amazon-games', '--json').events()[0]).toMatchObject({ path, interactions: 1 });
      writeFileSync(join(root, 'amazon-games'), 'a x\nb y\n');
      const [own] = recsys('data', 'describe', 'amazon-games', '--json').events();
      expect(own).toMatchObject({ path: 'amazon-games', interactions: 2 });
    } finally {
      delete process.env.RECSYS_CACHE;
    }
  });

  const movieLens = fileURLToPath(new URL('../../../../shared/data/ml-latest-small/ratings.csv', import.meta.url));
  it.skipIf(!existsSync(movieLens))('data get: from an archive (needs the data beside the checkout)', () => {
    const archive = join(root, 'movielens.zip');
    writeFileSync(archive, zipSync({ 'ml-latest-small/ratings.csv': readFileSync(movieLens) }));
    const given = ['data', 'get', 'ml-latest-small', '--archive', archive, '--cache', 'cache', '--output', 'small.txt'];
    expect(recsys(...given)).toMatchObject({ status: 0, stdout: expect.stringContaining('100,836 interactions') });
    const counts = { users: 610, items: 9_724, interactions: 100_836 };
    expect(recsys('data', 'describe', 'small.txt', '--json').events()[0]).toMatchObject(counts);
    const member = ['--member', 'ml-latest-small/ratings.csv'];
    expect(recsys('data', 'describe', archive, ...member, '--json').events()[0]).toMatchObject(counts);
    const liked = recsys('data', 'describe', archive, ...member, '--min-rating', '4', '--json').events()[0];
    expect(liked).toMatchObject({ interactions: 48_580 });
  });

  it('reads ratings by name, and keeps what was rated high enough', () => {
    writeFileSync(join(root, 'rated.csv'), 'who,what,liked\na,x,5\na,y,2\nb,x,4\n');
    const names = ['--user', 'who', '--item', 'what', '--rating', 'liked'];
    recsys('data', 'convert', 'rated.csv', 'liked.csv', ...names, '--min-rating', '4');
    expect(readFileSync(join(root, 'liked.csv'), 'utf8')).toBe('user,item,rating\na,x,5\nb,x,4\n');
    expect(recsys('data', 'describe', 'rated.csv', '--rating', 'liked')).toMatchObject({ status: 2 });
  });

  it.each([['train'], ['evaluate'], ['recommend'], ['data describe'], ['data convert'], ['data get']])(
    '%s --help has examples',
    (command) => {
      expect(recsys(...command.split(' '), '--help')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`Examples:\n  recsys ${command}`),
      });
    },
  );
});

/** Waits until a training process has reported so many epochs. */
const epochs = async (child: ChildProcess, count: number): Promise<void> => {
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    seen += line.includes('"event":"epoch"') || line.startsWith('epoch') ? 1 : 0;
    if (seen === count) return;
  }
};
