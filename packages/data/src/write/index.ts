// Writing interactions to files. The writer itself needs Node; it is loaded by the first call.
import type { Interactions } from '../table/interactions.js';
import type { OutputFormat } from './write-interactions.js';

export type { OutputFormat } from './write-interactions.js';

/**
 * Writes interactions to a file, from which `readInteractions` reads the same ids, times and ratings in the same order. (Text and CSV do not have
 * numbers, so a numeric id comes back as text, which names the same user or item.) The file appears when it is complete, and two writers of
 * one path cannot mix their lines. Symbolic links are followed. A device or FIFO is written into, not replaced.
 *
 * @param options.format file format. Default: by the file extension `.txt`, `.csv`, `.parquet` or `.arrow`.
 * @throws {DataError} on an unknown option, format or file extension, an id that the format cannot hold, or a path that cannot be written.
 * @example
 * await writeInteractions(ratings, 'ratings.parquet');
 */
export const writeInteractions = async (
  interactions: Interactions,
  path: string,
  options: { format?: OutputFormat } = {},
): Promise<void> => (await import('./node.js')).writeInteractions(interactions, path, options);
