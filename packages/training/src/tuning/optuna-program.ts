import { spawn } from 'node:child_process';
import { TrainingError } from '../errors.js';

/**
 * Runs a command of Optuna's and returns what it prints.
 * @throws {TrainingError} `chooser-failed`, with the last error that it prints.
 */
export const runOptuna = async (program: string, given: readonly string[], storage: string): Promise<string> => {
  const child = spawn(program, given, {
    env: { ...process.env, OPTUNA_STORAGE: storage, PYTHONWARNINGS: 'ignore' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // Ctrl-C is for this process: what has been asked for is waited for
    windowsHide: true,
  });
  let [printed, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const code = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject).once('close', (status, signal) => resolve(status ?? signal));
  }).catch((cause: NodeJS.ErrnoException) => {
    const problem =
      cause.code === 'ENOENT'
        ? `${program}: is not in PATH. Install it with: pip install optuna`
        : `${program}: cannot be run: ${cause.message}`;
    throw new TrainingError('chooser-failed', problem, { cause });
  });
  if (code === 0) return printed;
  const reason = lastError(errors).replaceAll(storage, storage.replace(/:\/\/[^@/]*@/, '://'));
  throw new TrainingError('chooser-failed', `${program} ${given[0]}: ended with ${code}: ${reason}`);
};

/** Returns the line of Python that says what went wrong, without the places in its own code. */
const lastError = (text: string): string => {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.findLast((line) => /^[\w.]+(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? 'it says nothing';
};
