import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columns, small, workspace } from '../test-support.js';

const { root, data, rows, recsys } = workspace();
recsys('train', data, ...small, '--epochs', '1', '--out', 'run');
const checkpoints = join(root, 'run', 'checkpoints');
/** What `model.save` writes: the files of a checkpoint without those of training are the same. */
cpSync(join(checkpoints, readdirSync(checkpoints).sort().at(-1)!), join(root, 'model'), { recursive: true });

describe('a saved model', () => {
  const evaluated = (...given: string[]) => recsys('evaluate', ...given, '--protocol', 'full', '--json');

  it('is evaluated as its run is, on the data that is given', () => {
    const [ofRun, ofModel] = [evaluated('run'), evaluated('model', '--data', data, ...columns)];
    expect(ofModel).toMatchObject({ status: 0, stderr: '' });
    expect(ofModel.events().at(-1)).toEqual(ofRun.events().at(-1));
    const pair = evaluated('run', 'model').events();
    expect(pair.at(-1)).toMatchObject({ event: 'paired', difference: { value: 0 } });
  });

  it('recommends for the users of given data, as its run does for its own', () => {
    const user = String(rows[0].user);
    const converted = recsys('data', 'convert', data, 'rows.csv', ...columns);
    expect(converted.status).toBe(0);
    const ofRun = recsys('recommend', 'run', '--user', user, '--json').events();
    expect(recsys('recommend', 'model', '--user', user, '--data', 'rows.csv', '--json').events()).toEqual(ofRun);
    const ranks = ofRun.filter(({ event }) => event === 'recommendation').map(({ rank }) => rank);
    expect(ranks).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const { event } of ofRun) expect(event).toMatch(/^[a-z]+$/);
  });

  it.each([
    [['evaluate', 'model'], 'model: is a saved model, which does not know its data; give it by --data FILE'],
    [['recommend', 'model', '--all-users'], 'model: is a saved model, which does not know its data'],
    [['evaluate', 'run', '--min-rating', '3'], '--min-rating is for a saved model'],
    [
      ['train', '--resume', 'model'],
      'model: is a saved model or a checkpoint; --resume needs the directory of a whole run',
    ],
  ])('%j is refused with what to do', (given, message) => {
    expect(recsys(...given)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
  });
});
