// What a model must beat: scorers that only count. Each is a `Scorer`, which `evaluate` takes in place of a model.
export { markovChainBaseline } from './markov-chain.js';
export { popularityBaseline } from './popularity.js';
export { type RecentPopularityOptions, recentPopularityBaseline } from './recent-popularity.js';
