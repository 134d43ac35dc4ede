// Writing interactions to files. This file is the door to the writer, which needs Node and is loaded with the first call.
import type { Interactions } from '../table/interactions.js';
import type { OutputFormat } from './write-interactions.js';

export type { OutputFormat } from './write-interactions.js';

/**
 * Writes interactions to a file that `readInteractions` reads as they are: the same ids in the same order with the same times and ratings. (Text and CSV
 * have no numbers, so a numeric id comes back as its text, which names the same user or item.) The file appears when it is whole; two
 * writers of one path cannot mix their lines. A symbolic link is followed; a device or FIFO is written into, never replaced.
 *
 * @param options.format default by the ending of the path: `.txt`, `.csv`, `.parquet` or `.arrow`.
 * @throws {DataError} on an unknown ending, an id that the format cannot hold, or a path that cannot be written.
 * @example
 * await writeInteractions(ratings, 'ratings.parquet');
 */
export const writeInteractions = async (
  interactions: Interactions,
  path: string,
  options: { format?: OutputFormat } = {},
): Promise<void> => (await import('./node.js')).writeInteractions(interactions, path, options);
