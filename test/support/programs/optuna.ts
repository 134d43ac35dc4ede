/** Optuna's program, for tests. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { tellSkipped } from './tell-skipped.js';

/** Why Optuna cannot be asked here, or undefined. */
export const noOptuna =
  spawnSync('optuna', ['--version'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'there is no optuna in PATH; install the package python3-optuna';
tellSkipped('Optuna', noOptuna);

/** Runs a command of Optuna's on the study of a tuning directory, and returns what it prints. */
export const optuna = (directory: string, ...given: string[]): string =>
  execFileSync('optuna', given, {
    env: { ...process.env, OPTUNA_STORAGE: `sqlite:///${join(directory, 'study.db')}`, PYTHONWARNINGS: 'ignore' },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
