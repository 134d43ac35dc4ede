import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** How deep folders are looked into: `tune` and `nightly` keep runs in folders of their own. */
const deepest = 4;

/** Folders without runs. */
const skipped = new Set(['checkpoints', 'node_modules']);

/**
 * Returns the names of the runs in a folder: the paths of folders with a `config.json`, with `/` between their parts. Symbolic links are not
 * followed, so that nothing outside of the folder is found.
 */
export const findRuns = async (root: string, name = '', depth = 0): Promise<string[]> => {
  const entries = await readdir(join(root, name), { withFileTypes: true }).catch(() => []);
  const isRun = name !== '' && entries.some((entry) => entry.name === 'config.json');
  const folders = entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name) && depth < deepest,
  );
  const inside = await Promise.all(
    folders.map((folder) => findRuns(root, name === '' ? folder.name : `${name}/${folder.name}`, depth + 1)),
  );
  return [...(isRun ? [name] : []), ...inside.flat()];
};
