// Saved models as directories: for Node alone.
export { parseJsonFile } from './files/json-file.js';
export { artifactFiles, directoryHandler, filesArtifacts, savedModelHandler } from './files/model-directory.js';
export { checkpointNames, checkpointPattern, checkpointsOf, type OnDamaged } from './files/run-layout.js';
export { type Files, readVerifiedDirectory, writeVerifiedDirectory } from './files/verified-directory.js';
