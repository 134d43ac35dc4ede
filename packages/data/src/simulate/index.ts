// Interactions drawn from a known distribution, to compare models with the
// best possible result.
// Imports table.
export { type SimulateOptions, type Simulation, simulateInteractions } from './simulate-interactions.js';
