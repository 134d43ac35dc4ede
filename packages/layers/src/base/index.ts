// What layers are made from: their base classes, how they are called, how their weights start and what the weights are called.
// Imports nothing of the other rooms.
export { callLayer, type DropoutCallOptions } from './call-layer.js';
export { CompositeLayer } from './composite-layer.js';
export type { InitializerName } from './initializer.js';
export { type NamedVariable, namedWeights } from './named-weights.js';
export { type FilledIn, type InputShape, type LayerOptions, RecsysLayer } from './recsys-layer.js';
