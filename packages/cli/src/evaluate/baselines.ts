import type { UserSequences } from '@recsys/data';
import type { Scorer } from '@recsys/model';
import { markovChainBaseline, popularityBaseline, recentPopularityBaseline } from '@recsys/training';

/** What a model is compared with. */
interface Baseline {
  readonly name: string;
  /** Its name in a sentence. */
  readonly inText: string;
  readonly create: (train: UserSequences) => Scorer;
  readonly needsTimes?: true;
}

const baselines: readonly Baseline[] = [
  { name: 'popularity', inText: 'popularity', create: popularityBaseline },
  { name: 'recent popularity', inText: 'recent popularity', create: recentPopularityBaseline, needsTimes: true },
  { name: 'Markov chain', inText: 'the Markov chain', create: markovChainBaseline },
];

/** Returns the baselines for a train part; without times, none that needs them. */
export const baselinesFor = ({ timestamps }: UserSequences): readonly Baseline[] =>
  baselines.filter(({ needsTimes }) => needsTimes !== true || timestamps !== undefined);
