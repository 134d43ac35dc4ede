// The items that targets are ranked among: drawn with a seed, or read from a file. The code for files needs Node and is loaded on first use.
import type { EvaluationSet } from '../splits/split.js';
import type { CandidateSampler, WriteCandidatesOptions } from './sampled-candidates.js';

export {
  type CandidateOptions,
  type CandidateSampler,
  sampledCandidates,
  sampledPerItemCandidates,
  type WriteCandidatesOptions,
} from './sampled-candidates.js';

/**
 * Writes the candidates of every target to a file of JSON lines, `{"user": …, "target": …, "negatives": […]}` with the ids of your data, so that
 * another program can rank the same candidates.
 *
 * The file appears when it is whole.
 *
 * @param set the targets: `split.validation` or `split.test`.
 * @throws {DataError} on an unknown option or one out of range, or when the file cannot be written.
 * @example
 * await writeCandidates(split.test, 'candidates.jsonl', { candidates: sampledCandidates(split.test), seed: 0 });
 */
export const writeCandidates = async (
  set: EvaluationSet,
  path: string,
  options: WriteCandidatesOptions,
): Promise<void> => (await import('./node.js')).writeCandidates(set, path, options);

/**
 * Returns the candidates in a file that `writeCandidates` or another program wrote; pass them to `evaluate` as `candidates`. Lines may be in
 * any order: they are matched by user and target. Lines of other users are skipped.
 *
 * @param set the targets: `split.validation` or `split.test`.
 * @throws {DataError} naming the file and the line, on a line of another form, an item outside the catalog, lines with different numbers of
 *   negatives, or a target without a line.
 * @example
 * const candidates = await readCandidates('candidates.jsonl', split.test);
 */
export const readCandidates = async (path: string, set: EvaluationSet): Promise<CandidateSampler> =>
  (await import('./node.js')).readCandidates(path, set);
