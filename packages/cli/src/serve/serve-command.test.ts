import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { cli, small, workspace } from '../test-support.js';

const { root, data, recsys } = workspace();
recsys('train', data, ...small, '--out', 'run');
writeFileSync(join(root, 'items.csv'), 'item,kind\nitem-1,tea\nitem-2,cake\n');

/** Starts the service, and returns it when it listens. */
const serve = async (...given: string[]) => {
  const service = spawn(process.execPath, [cli, 'serve', 'run', '--port', '0', '--json', ...given], {
    cwd: root,
    env: { ...process.env, RECSYS_TOKEN: 'secret' },
  });
  const events: Record<string, unknown>[] = [];
  for await (const line of createInterface(service.stdout)) {
    const event = JSON.parse(line);
    if (event.event !== 'progress') events.push(event); // of a machine that is slow
    if (event.event === 'serving') break;
  }
  service.stdout.resume();
  return { service, events, address: String(events.at(-1)!.address) };
};

describe('recsys serve', () => {
  it('serves the best checkpoint of a run, and ends on SIGTERM', async () => {
    const { service, events, address } = await serve('--items', 'items.csv', '--threads', '1');
    expect(events.map(({ event }) => event)).toEqual(['model', 'serving']);
    expect(events[0]).toMatchObject({ kind: 'SASRec', items: 40, attributes: ['kind'] });
    const ask = (headers: Record<string, string>) =>
      fetch(`${address}/v1/recommend`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ history: ['item-3'], k: 2, filter: { kind: ['tea', 'cake'] } }),
      });
    expect((await ask({})).status).toBe(401);
    const { items, modelVersion } = (await (await ask({ authorization: 'Bearer secret' })).json()) as {
      items: { item: string }[];
      modelVersion: string;
    };
    expect(items.map(({ item }) => item).sort()).toEqual(['item-1', 'item-2']);
    expect(modelVersion).toBe(events[0].version);
    expect(modelVersion).toMatch(/^step-\d+-[0-9a-f]{8}$/);
    service.kill('SIGHUP');
    expect((await fetch(`${address}/health/live`)).status).toBe(200);
    service.kill('SIGTERM');
    expect(await once(service, 'exit')).toEqual([0, null]);
  });

  it.each([
    [['serve', 'nowhere'], 1, 'the model was refused: nowhere: is no run, checkpoint or saved model'],
    [['serve', 'run', '--port', '70000'], 2, '--port must be an integer from 0 to 65535'],
    [['serve', 'run', '--histories', 'mysql://x'], 2, '--histories must be a URL redis://host or postgres://'],
    [['serve', 'run', '--threads', '0'], 1, 'recommendations: option threads'],
    [['serve', 'run', '--items', 'none.csv'], 1, 'none.csv: no such file'],
  ])('%j exits with %d and says why', (given, status, message) => {
    const result = recsys(...given);
    expect(result.stderr).toContain(message);
    expect(result.status).toBe(status);
  });
});
