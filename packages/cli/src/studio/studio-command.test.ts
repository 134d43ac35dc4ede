import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { cli, small, workspace } from '../test-support.js';

const { root, data, recsys } = workspace();
recsys('train', data, ...small, '--epochs', '1', '--out', 'runs/first');

describe('recsys studio', () => {
  it('prints an address with a token, shows a run with its baselines, and ends on SIGTERM', async () => {
    const studio = spawn(process.execPath, [cli, 'studio', '--json'], { cwd: root });
    const { value } = await createInterface(studio.stdout)[Symbol.asyncIterator]().next(); // the first line
    const { event, url } = JSON.parse(value);
    expect([event, url]).toEqual(['studio', expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/)]);
    const { origin, searchParams } = new URL(url);
    const authorization = `Bearer ${searchParams.get('token')}`;
    const answer = await fetch(`${origin}/api/events`, { headers: { authorization } });
    let text = '';
    for await (const part of answer.body!) {
      text += new TextDecoder().decode(part);
      if (/^data: .*\n\n/m.test(text)) break;
    }
    const { runs } = JSON.parse(/^data: (.*)$/m.exec(text)![1]);
    expect(runs).toMatchObject([
      { name: 'first', status: 'finished', data: { name: 'clicks' }, epochs: { done: 1, planned: 1 } },
    ]);
    expect(Object.keys(runs[0].test.baselines)).toEqual(['popularity', 'recent popularity', 'Markov chain']);
    studio.kill('SIGTERM');
    expect(await once(studio, 'exit')).toEqual([0, null]);
  });

  it.each([
    [['studio', 'nowhere'], 2, 'nowhere: does not exist'],
    [['studio', '--items', 'none.csv'], 1, 'none.csv: no such file'],
    [['studio', '--item-title', 'name'], 1, 'itemTitle needs items'],
    [['studio', '--port', '70000'], 1, 'port'],
  ])('%j exits with %d and says why', (given, status, message) => {
    const result = recsys(...given);
    expect(result.stderr).toContain(message);
    expect(result.status).toBe(status);
  });
});
