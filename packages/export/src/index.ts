// A trained model for other runtimes. The formats are bytes and need no Node; `@recsys/export/node` writes files.
export { ExportError, type ExportErrorCode } from './errors.js';
export { type OnnxOptions, toOnnx } from './onnx/index.js';
export { fromSafetensors, toSafetensors } from './safetensors/index.js';
export { type TfjsOptions, toTfjs } from './tfjs/index.js';
export { itemVectors, toFvecs, toNpy, userVectors, type Vectors } from './vectors/index.js';
