// The items that targets are ranked among, drawn from a seed or read from a file. Files need Node: they are loaded with the first call.
import type { EvaluationSet } from '../splits/split.js';
import type { CandidateOptions, CandidateSampler } from './sampled-candidates.js';

export {
  type CandidateOptions,
  type CandidateSampler,
  sampledCandidates,
  sampledPerItemCandidates,
} from './sampled-candidates.js';

/**
 * Writes the candidates of every target to a file of JSON lines, `{"user": …, "target": …, "negatives": […]}` in outside ids, so that another program
 * ranks the same ones.
 *
 * @param candidates draws them: `sampledCandidates(set)`, say.
 * @example
 * await writeCandidates('candidates.jsonl', split.test, sampledCandidates(split.test), { seed: 0 });
 */
export const writeCandidates = async (
  path: string,
  set: EvaluationSet,
  candidates: CandidateSampler,
  options: Pick<CandidateOptions, 'seed' | 'numNegatives'>,
): Promise<void> => (await import('./node.js')).writeCandidates(path, set, candidates, options);

/**
 * Returns the candidates of a file that `writeCandidates` or another program wrote; `evaluate` takes them as `candidates`. Lines are matched
 * by user and target, in any order, and those of other users are passed over.
 *
 * @throws {DataError} naming the file and the line, on a line that is not as described, an item outside the catalog, rows of different
 *   length, or a target without a line.
 * @example
 * const candidates = await readCandidates('candidates.jsonl', split.test);
 */
export const readCandidates = async (path: string, set: EvaluationSet): Promise<CandidateSampler> =>
  (await import('./node.js')).readCandidates(path, set);
