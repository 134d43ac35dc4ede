import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Rng } from '@recsys/data';
import { type Fault, Tally } from '../fault.ts';
import { contentsOf, difference, endOf } from '../small-run.ts';
import { SweepWork } from './sweep-work.ts';

interface Size {
  readonly trials: number;
  readonly epochs: number;
  readonly workers: number;
  readonly kills: number;
  readonly seed: number;
}

export const sweep: Fault<Size> = {
  about:
    'processes that share the trials of one search (recsys tune), killed at random moments and started again: all end, and the best settings, the table, the picture and the run of each trial are those of one process that was not disturbed',
  short: { trials: 6, epochs: 4, workers: 2, kills: 2, seed: 1 },
  long: { trials: 30, epochs: 9, workers: 3, kills: 20, seed: 1 },
  run: async ({ trials, epochs, workers, kills, seed }, report) => {
    const work = new SweepWork({ trials, epochs });
    await work.undisturbed();
    const records = work.records('undisturbed').length;
    report(`undisturbed: ${records} records`);
    const rng = new Rng(seed);
    const tally = new Tally();
    work.startWorkers(workers);
    for (let i = 0; i < kills; i++) {
      // Spread over the whole work, so that none comes when all is done.
      while (work.done < Math.floor((i * records) / (kills + 1)) && work.hasTime) await sleep(20);
      await work.kill(rng);
      tally.add();
      report(`kill ${i + 1} of ${kills}, ${work.done} of ${records} records`);
    }
    for (const loss of [...(await work.finish()), ...differencesOf(work)]) tally.add(loss);
    const killedInATrial = work.killed.inATrial;
    work.dispose();
    return tally.record({ trials, records, workers, kills, killedInATrial });
  },
};

/** Returns how the disturbed search differs from the other one. */
const differencesOf = (work: SweepWork): string[] => {
  const [expected, found] = ['undisturbed', 'disturbed'].map((name) => work.directory(name));
  const losses: string[] = [];
  for (const name of ['best.json', 'trials.svg', 'tuning.json'])
    if (!contentsOf(found).includes(name)) losses.push(`${name} is missing`);
    else if (!readFileSync(join(found, name)).equals(readFileSync(join(expected, name))))
      losses.push(`${name} differs`);
  if (!isDeepStrictEqual(work.records('disturbed'), work.records('undisturbed'))) losses.push('trials.jsonl differs');
  for (const run of contentsOf(expected).filter((name) => /^trial-\d+$/.test(name))) {
    const loss = difference(endOf(join(found, run)), endOf(join(expected, run)));
    if (loss !== undefined) losses.push(`${basename(run)} ${loss}`);
  }
  return losses;
};
