// What layers are built from: base classes, typed calls, initializers and names of weights. Imports no other room.
export { callLayer, type DropoutCallOptions } from './call-layer.js';
export { CompositeLayer } from './composite-layer.js';
export type { InitializerName } from './initializer.js';
export { type NamedVariable, namedWeights } from './named-weights.js';
export { type FilledIn, type InputShape, type LayerOptions, RecsysLayer } from './recsys-layer.js';
