// Training on several processes: those that mpirun has started, what each of them prints, and how many threads it gets.
// Imports options.
export {
  assertAsManyRanks,
  distributedOptions,
  openRanks,
  type Ranks,
  reporterOf,
  reportTraffic,
  resumeCommand,
  shareCores,
} from './ranks.js';
