// Interactions drawn from a known law, to test models against the best
// possible result.
// Imports table.
export { type SimulateOptions, type Simulation, simulateInteractions } from './simulate-interactions.js';
