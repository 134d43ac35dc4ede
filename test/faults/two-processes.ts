import { once } from 'node:events';
import { join } from 'node:path';
import { type Fault, Tally } from './fault.ts';
import { difference, endOf, recsys, SmallRun, startRecsys } from './small-run.ts';

export const twoProcesses: Fault<{ late: number; together: number; epochs: number }> = {
  about:
    'a second process on a run directory, started while the first trains or at the same moment: it is refused, and the first ends as if it had been alone; reading the run is allowed',
  short: { late: 1, together: 2, epochs: 30 },
  long: { late: 20, together: 40, epochs: 60 },
  run: async ({ late, together, epochs }, report) => {
    const small = new SmallRun({ epochs });
    const expected = small.uninterrupted();
    const tally = new Tally();
    for (let i = 0; i < late; i++) {
      const run = join(small.root, `late-${i}`);
      const { process: child, events } = startRecsys(small.startArguments(run));
      const exit = once(child, 'exit');
      for await (const { event, epoch } of events) {
        if (event !== 'epoch' || epoch !== 2) continue;
        child.kill('SIGSTOP'); // it must not end before the second process asks
        const second = recsys(small.resumeArguments(run));
        child.kill('SIGCONT');
        const isRefused = second.status === 1 && second.stderr.includes(`is in use by process ${child.pid}`);
        tally.add(isRefused ? undefined : `the second process exited with ${second.status}: ${second.stderr}`);
        const reader = recsys(['evaluate', run, '--backend', 'simd']);
        if (reader.status !== 0) tally.add(`a reader failed: ${reader.stderr}`);
      }
      await exit;
      const loss = difference(endOf(run), expected);
      if (loss !== undefined) tally.add(`the first process ${loss}`);
    }
    let bothRefused = 0;
    for (let i = 0; i < together; i++) {
      const run = join(small.root, `together-${i}`);
      const statuses = await Promise.all([1, 2].map(() => finished(small.startArguments(run))));
      const trained = statuses.filter((status) => status === 0).length;
      if (trained === 2) tally.add('both processes trained');
      else if (trained === 1) tally.add(difference(endOf(run), expected));
      else {
        bothRefused += 1;
        const loss =
          (await finished(small.resumeArguments(run))) === 0 ? difference(endOf(run), expected) : 'cannot be resumed';
        tally.add(loss && `after both were refused: ${loss}`);
      }
    }
    report(`${late} late and ${together} together`);
    small.dispose();
    return tally.record({ late, together, bothRefused });
  },
};

const finished = async (args: readonly string[]): Promise<number> => {
  const { process: child, events } = startRecsys(args);
  const exit = once(child, 'exit');
  for await (const _ of events);
  return (await exit)[0];
};
