import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Rng } from '@recsys/data';
import { RunDirectory } from '@recsys/training/node';
import { type Fault, Tally } from './fault.ts';
import { contentsOf, difference, endOf, SmallRun, startRecsys } from './small-run.ts';

/** Longest time before a process is killed. */
const longestMilliseconds = 1000;

export const kills: Fault<{ kills: number; epochs: number; seed: number }> = {
  about:
    'SIGKILL at a random moment of start, training, validation or checkpoint writing, then resumed: it continues from the last checkpoint, and ends bit for bit as an uninterrupted run',
  short: { kills: 8, epochs: 40, seed: 1 },
  long: { kills: 200, epochs: 400, seed: 1 },
  run: async ({ kills, epochs, seed }, report) => {
    const small = new SmallRun({ epochs });
    const expected = small.uninterrupted();
    const rng = new Rng(seed);
    const tally = new Tally();
    let [runs, halfWritten, beforeTraining] = [0, 0, 0];
    for (let done = 0; done < kills; runs++) {
      const run = join(small.root, `killed-${runs}`);
      let finished = false;
      while (!finished) {
        const stepBefore = await lastStep(run);
        const { process: child, events } = startRecsys(small.resumeArguments(run));
        const exit = once(child, 'exit');
        let stderr = '';
        child.stderr!.on('data', (text) => {
          stderr += text;
        });
        const mayKill = done < kills;
        if (mayKill && rng.below(8) === 0) void setTimeout(rng.below(500)).then(() => child.kill('SIGKILL'));
        let started = false;
        for await (const { event, step } of events) {
          if (event === 'resumed' && step !== stepBefore)
            tally.add(`resumed at step ${step}, but the last checkpoint was of step ${stepBefore}`);
          if (event !== 'resumed' && event !== 'model') continue;
          started = true;
          if (mayKill) void setTimeout(rng.below(longestMilliseconds)).then(() => child.kill('SIGKILL'));
        }
        const [status, signal] = await exit;
        if (signal === 'SIGKILL') {
          done += 1;
          if (!started) beforeTraining += 1;
          const step = await lastStep(run);
          if (contentsOf(join(run, 'checkpoints')).some((name) => name.startsWith('.'))) halfWritten += 1;
          const wentBack = stepBefore !== undefined && (step === undefined || step < stepBefore);
          tally.add(wentBack ? `kill ${done}: the last checkpoint was of step ${stepBefore}, now ${step}` : undefined);
          if (done % 20 === 0) report(`${done} kills, run ${runs + 1} at step ${step}`);
        } else if (status !== 0) throw new Error(`a resumed run failed: ${stderr}`);
        else finished = true;
      }
      const loss = difference(endOf(run), expected);
      if (loss !== undefined) tally.add(loss);
    }
    small.dispose();
    return tally.record({
      runsFinished: runs,
      epochsPerRun: epochs,
      killedBeforeTraining: beforeTraining,
      killedWritingACheckpoint: halfWritten,
    });
  },
};

/** Returns the step of the last complete checkpoint, read as when resuming; undefined before the first. */
const lastStep = async (run: string): Promise<number | undefined> => {
  if (!contentsOf(run).includes('config.json')) return undefined;
  const latest = await (await RunDirectory.open(run)).latestCheckpoint();
  if (latest !== undefined && latest.refused.length > 0) throw new Error(latest.refused[0].reason);
  return latest?.checkpoint.progress.step;
};
