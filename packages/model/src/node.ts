// Saved models as directories: for Node alone.
export { artifactFiles, directoryHandler, filesArtifacts, savedModelHandler } from './files/model-directory.js';
export { checkpointNames, checkpointPattern, checkpointsOf } from './files/run-layout.js';
export { type Files, readVerifiedDirectory, writeVerifiedDirectory } from './files/verified-directory.js';
