import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointNames, currentFile } from '@recsys/model/node';

/**
 * Looks at a path again and again, and calls `load` when another model may be there: a run has a new checkpoint, a saved model was replaced, or
 * a folder of models has another current version. Asks the folder itself, since events of file systems are lost on network drives and in containers.
 *
 * @param options.interval ms between two looks.
 * @param options.load may reject: what was refused is not tried again until something changes.
 * @returns a function that ends it.
 */
export const watchModel = (
  path: string,
  { interval, load }: { interval: number; load: () => Promise<unknown> },
): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  let seen: string | undefined;
  let isEnded = false;
  const look = async (): Promise<void> => {
    const found = await signatureOf(path);
    if (seen !== undefined && found !== seen) await load().catch(() => undefined);
    seen = found;
    if (!isEnded) timer = setTimeout(look, interval);
  };
  void look();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
};

/** Returns a text that changes when another model may be at a path. */
const signatureOf = async (path: string): Promise<string> => {
  const checkpoints = await checkpointNames(path);
  const { ino, mtimeMs } = await stat(join(path, 'checksums.json')).catch(() => ({ ino: 0, mtimeMs: 0 }));
  const current = await readFile(join(path, currentFile), 'utf8').catch(() => '');
  return JSON.stringify([checkpoints, ino, mtimeMs, current]);
};
