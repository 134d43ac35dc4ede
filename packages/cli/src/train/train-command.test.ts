import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { cli, small, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();

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

describe('recsys train', () => {
  const trained = recsys('train', data, ...small, '--out', 'whole', '--json');

  it('train: reports backend, data, model, epochs, baselines, test and where the run is', () => {
    expect(trained.stderr).toBe('');
    expect(trained.status).toBe(0);
    expect(trained.events().map(({ event }) => event)).toEqual([
      'backend',
      'data',
      'order',
      'model',
      'training',
      'epoch',
      'epoch',
      'epoch',
      'epoch',
      'baseline',
      'baseline',
      'baseline',
      'best',
      'test',
      'verdict',
      'saved',
    ]);
    expect(trained.events()[1]).toMatchObject({ users: 300, items: 40, interactions: rows.length });
    const test = trained.events().find(({ event }) => event === 'test');
    expect(test).toMatchObject({ protocol: 'full', numTargets: 300 });
    expect(test.metrics['ndcg@10'].value).toBeGreaterThan(0);
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

  it('train: exits with 141 when its output is closed, whenever that is, and can be resumed', async () => {
    for (const lines of [1, 5]) {
      const run = `closed-${lines}`;
      const child = spawn(
        'bash',
        [
          '-c',
          `set -o pipefail; "$@" | head -n ${lines}`,
          '',
          process.execPath,
          cli,
          'train',
          data,
          ...long,
          '--out',
          run,
        ],
        { cwd: root, stdio: 'ignore' },
      );
      const [code] = await once(child, 'close');
      expect(code).toBe(141);
      expect(readdirSync(join(root, run, 'checkpoints')).length).toBeGreaterThan(0);
    }
    const resumed = recsys('train', '--resume', 'closed-5', '--json');
    expect(resumed.status).toBe(0);
    expect(logOf('closed-5')).toEqual(logOf('whole-long'));
  });

  it('train: Ctrl-C saves, says how to resume, and exits with 130; the resumed run ends as an uninterrupted one', async () => {
    const child = spawn(process.execPath, [cli, 'train', data, ...long, '--out', 'stopped'], { cwd: root });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await epochs(child, 1);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(output).toContain('Resume with: recsys train --resume stopped');
    expect(recsys('train', '--resume', 'stopped').status).toBe(0);
    expect(newestWeights('stopped').equals(newestWeights('whole-long'))).toBe(true);
  });

  it('train: a run from a URL is resumed and evaluated from it, and --no-patience is kept', async () => {
    const server = createServer((_, response) => response.end(readFileSync(data))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/clicks.csv`;
    const run = 'nested/from-url';
    // The server is in this process, so the command must not block it.
    const finished = async (...given: string[]) => {
      const child = spawn(process.execPath, [cli, ...given], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
      const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
      return { status, stderr };
    };
    const fine = { status: 0, stderr: '' };
    expect(await finished('train', url, ...small, '--no-patience', '--max-steps', '3', '--out', run)).toEqual(fine);
    const { fit, info } = JSON.parse(readFileSync(join(root, run, 'config.json'), 'utf8'));
    expect(info.data).toBe(url);
    expect(fit.validation.patience === null || fit.validation.patience === false).toBe(true);
    expect(await finished('train', '--resume', run)).toEqual(fine);
    expect(await finished('evaluate', run)).toEqual(fine);
    server.close();
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
    expect(events()[3]).toMatchObject({ hiddenUnits: 4, positions: false, maxLength: 50 });
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
    refused(
      '{"wiring": "mine"}',
      'option wiring must be one of paper, pre-norm, post-norm, shared-norm, ligr, got "mine"',
    );
    refused('[]', 'must hold a JSON object');
    refused('{', 'cannot be read as JSON');
  });
});

/** Waits until a training process has reported this many epochs. */
const epochs = async (child: ChildProcess, count: number): Promise<void> => {
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    seen += line.includes('"event":"epoch"') || line.startsWith('epoch') ? 1 : 0;
    if (seen === count) return;
  }
};
