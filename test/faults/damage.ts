import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '@recsys/data';
import { RunDirectory } from '@recsys/training/node';
import { type Fault, Tally } from './fault.ts';
import { checkpointsOf, contentsOf, recsys, SmallRun } from './small-run.ts';

export const damage: Fault<{ flips: number; truncations: number; seed: number }> = {
  about:
    'one byte of a file of the newest checkpoint changed, or its end cut off: the checkpoint is refused with the name of that file, and the one before it loads',
  short: { flips: 40, truncations: 10, seed: 1 },
  long: { flips: 500, truncations: 500, seed: 1 },
  run: async ({ flips, truncations, seed }, report) => {
    const small = new SmallRun({ epochs: 3 });
    const path = join(small.root, 'run');
    const { status, stderr } = recsys(small.startArguments(path));
    if (status !== 0) throw new Error(stderr);
    const run = await RunDirectory.open(path);
    const [before, newest] = checkpointsOf(path).slice(-2) as [string, string];
    const directory = join(path, 'checkpoints', newest);
    const rng = new Rng(seed);
    const tally = new Tally();
    const files = contentsOf(directory);
    for (const file of files) {
      const content = readFileSync(join(directory, file));
      const tryDamage = async (what: string, cause: () => void) => {
        cause();
        const latest = await run.latestCheckpoint().catch((error: Error) => error);
        writeFileSync(join(directory, file), content);
        if (latest instanceof Error) tally.add(`${what}: ${latest.message}`);
        else if (latest?.name !== before) tally.add(`${what}: not detected`);
        else if (!latest.refused[0].reason.startsWith(`${join(directory, file)}: `))
          tally.add(`${what}: reported as ${latest.refused[0].reason}`);
        else tally.add();
      };
      for (let i = 0; i < flips; i++) {
        const [at, mask] = [rng.below(content.length), 1 + rng.below(255)];
        await tryDamage(`${file}, byte ${at} ^ ${mask}`, () => {
          const altered = Buffer.from(content);
          altered[at] ^= mask;
          writeFileSync(join(directory, file), altered);
        });
      }
      for (let i = 0; i < truncations; i++) {
        const length = rng.below(content.length);
        await tryDamage(`${file} cut to ${length} bytes`, () => truncateSync(join(directory, file), length));
      }
      report(`${file}: ${flips} flips and ${truncations} truncations of ${content.length} bytes`);
    }
    small.dispose();
    return tally.record({ files, flipsPerFile: flips, truncationsPerFile: truncations });
  },
};
