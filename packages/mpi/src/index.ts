// Open MPI for training on several processes: a communicator, which `fit` of `@recsys/training` takes.
export type { MpiCommunicator } from './communicator.js';
export { MpiError, type MpiErrorCode } from './errors.js';
export { openMpi } from './open-mpi.js';
