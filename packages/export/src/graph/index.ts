// The network of a model as a graph, written once: what a format has to say for each operation is behind `GraphWriter`.
export type { Dimension, GraphWriter, Value } from './graph-writer.js';
export { inputNames, outputNames, type RecommendGraph, recommendGraph } from './recommend-graph.js';
export { type SASRecParts, sasrecParts } from './sasrec-parts.js';
