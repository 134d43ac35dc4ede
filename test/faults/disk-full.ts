import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Rng } from '@recsys/data';
import { RunDirectory } from '@recsys/training/node';
import { type Fault, type FaultRecord, Tally } from './fault.ts';
import { contentsOf, difference, endOf, recsys, SmallRun } from './small-run.ts';

interface Size {
  readonly tries: number;
  readonly epochs: number;
  readonly seed: number;
}

/** Options of `unshare` that let a program mount file systems, which disappear when it exits. */
export const inNamespace = ['--mount', '--map-root-user'];

/** Whether this system can mount a file system of a given size, as Linux with user namespaces can. */
export const canFillDisk = (): boolean => spawnSync('unshare', [...inNamespace, 'true']).status === 0;

export const diskFull: Fault<Size> = {
  about:
    'a file system that is full at a random moment of training (tmpfs): the run stops with an error that names file and cause, the last checkpoint loads, and once there is space it resumes and ends bit for bit as an uninterrupted run',
  short: { tries: 3, epochs: 8, seed: 1 },
  long: { tries: 50, epochs: 8, seed: 1 },
  run: async (size, report) => {
    const program = ['--import', 'tsx', fileURLToPath(import.meta.url), JSON.stringify(size)];
    const output = execFileSync('unshare', [...inNamespace, process.execPath, ...program], { encoding: 'utf8' });
    report(`${size.tries} full disks`);
    return JSON.parse(output) as FaultRecord;
  },
};

const fillDisks = async ({ tries, epochs, seed }: Size): Promise<FaultRecord> => {
  const small = new SmallRun({ epochs });
  const expected = small.uninterrupted();
  const disk = join(small.root, 'disk');
  const run = join(disk, 'run');
  mkdirSync(disk);
  const rng = new Rng(seed);
  const tally = new Tally();
  let [withCheckpoint, roomy] = [0, 0];
  for (let i = 0; i < tries; ) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${4 + rng.below(1600)}k`, 'tmpfs', disk]);
    try {
      const { status, stderr } = recsys(small.startArguments(run));
      if (status === 0) {
        roomy += 1;
        continue;
      }
      i += 1;
      if (status !== 1 || !/^recsys: \S+: cannot be (written|created): .*ENOSPC/m.test(stderr)) {
        tally.add(`exited with ${status}: ${stderr}`);
        continue;
      }
      if (contentsOf(run).includes('config.json')) {
        const latest = await (await RunDirectory.open(run)).latestCheckpoint();
        if (latest !== undefined) withCheckpoint += 1;
      }
      execFileSync('mount', ['-o', 'remount,size=64m', disk]);
      const resumed = recsys(small.resumeArguments(run));
      tally.add(resumed.status === 0 ? difference(endOf(run), expected) : `cannot be resumed: ${resumed.stderr}`);
    } catch (error) {
      tally.add((error as Error).message);
    } finally {
      execFileSync('umount', [disk]);
    }
  }
  small.dispose();
  return tally.record({ stoppedWithACheckpoint: withCheckpoint, largeEnoughAndNotCounted: roomy });
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(JSON.stringify(await fillDisks(JSON.parse(process.argv[2]))));
