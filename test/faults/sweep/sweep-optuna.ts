import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rng } from '@recsys/data';
import { optuna as run } from '../../support/programs/optuna.ts';
import { type Fault, Tally } from '../fault.ts';
import { SweepWork } from './sweep-work.ts';

interface Size {
  readonly trials: number;
  readonly epochs: number;
  readonly workers: number;
  readonly kills: number;
  readonly seed: number;
}

interface StudyTrial {
  readonly number: number;
  readonly state: string;
  readonly value: number | null;
}

const study = 'sweep';

export const sweepOptuna: Fault<Size> = {
  about:
    'processes that share the trials of a search whose settings Optuna chooses, killed at random moments and started again, also while they ask and tell: all end, each trial has one record, the study has its validation, and nothing in the study is open',
  short: { trials: 3, epochs: 1, workers: 2, kills: 1, seed: 1 },
  long: { trials: 10, epochs: 2, workers: 3, kills: 10, seed: 1 },
  run: async ({ trials, epochs, workers, kills, seed }, report) => {
    const work = new SweepWork({ trials, epochs, flags: ['--chooser', 'optuna', '--study', study] });
    const rng = new Rng(seed);
    const tally = new Tally();
    work.startWorkers(workers);
    for (let i = 0; i < kills; i++) {
      while (work.done < Math.floor((i * trials) / (kills + 1)) && work.hasTime) await sleep(20);
      await work.kill(rng);
      tally.add();
      report(`kill ${i + 1} of ${kills}, ${work.done} of ${trials} records`);
    }
    for (const loss of await work.finish()) tally.add(loss);
    const { inATrial: killedInATrial, whileAsking: killedWhileAsking } = work.killed;
    const { losses, abandoned } = compared(work, trials);
    for (const loss of losses) tally.add(loss);
    work.dispose();
    const version = execFileSync('optuna', ['--version'], { encoding: 'utf8' }).trim();
    const counts = { kills, killedInATrial, killedWhileAsking, abandoned };
    return tally.record({ optuna: version.replace('optuna ', ''), trials, workers, ...counts });
  },
};

/** Compares the records with the study, which has all trials but the first. `abandoned`: trials of the study that were asked for by a process that was killed. */
const compared = (work: SweepWork, trials: number): { losses: string[]; abandoned: number } => {
  const losses: string[] = [];
  const records = work.records();
  const inStudy: StudyTrial[] = JSON.parse(
    run(work.directory(), 'trials', `--study-name=${study}`, '--format', 'json'),
  );
  const known = new Set<number>();
  for (let trial = 0; trial < trials; trial++) {
    const own = records.filter((record) => record.trial === trial);
    if (own.length !== 1) losses.push(`trial ${trial} has ${own.length} records`);
    if (trial === 0) continue;
    const id = work.choiceOf(trial)?.id ?? -1;
    if (known.has(id)) losses.push(`two trials are trial ${id} of the study`);
    known.add(id);
    const told = inStudy.find(({ number }) => number === id);
    if (told?.state !== 'COMPLETE' || told.value !== own[0]?.value)
      losses.push(`trial ${trial} has ${own[0]?.value}, the study ${JSON.stringify(told)}`);
  }
  const others = inStudy.filter(({ number }) => !known.has(number));
  for (const { number, state } of others) if (state !== 'FAIL') losses.push(`trial ${number} of the study is ${state}`);
  return { losses, abandoned: others.length };
};
