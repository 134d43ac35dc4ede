// The network of a model as a graph, written once: what a format has to say for each operation is behind `GraphWriter`.
export type { Dimension, GraphWriter, Value } from './graph-writer.js';
export { outputNames, recommendGraph } from './recommend-graph.js';
export { sasrecParts } from './sasrec-parts.js';
