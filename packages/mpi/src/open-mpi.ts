import { MpiCommunicator } from './communicator.js';
import { MpiError } from './errors.js';
import { loadLibrary } from './library.js';

/** Variables that Open MPI's `mpirun`, and Slurm's `srun` with PMIx, set for the processes that they start. */
const variablesOfLaunchers = ['OMPI_COMM_WORLD_SIZE', 'PMIX_RANK'];

let opened: Promise<MpiCommunicator> | undefined;

/**
 * Joins the processes that `mpirun` has started, and returns how they talk to each other; the same when it is called again. Call `close` at the
 * end. A process that ends without it, with another exit code than 0, ends those of all ranks.
 *
 * @throws {MpiError} `not-started` without `mpirun`; `not-installed` when koffi or Open MPI cannot be loaded.
 * @example
 * const communicator = await openMpi();
 * await fit(model, split, { epochs: 40, seed: 1, communicator });
 * if (communicator.rank === 0) await model.save('model');
 * await communicator.close();
 */
export const openMpi = (): Promise<MpiCommunicator> => {
  opened ??= open();
  return opened;
};

const open = async (): Promise<MpiCommunicator> => {
  if (variablesOfLaunchers.every((name) => process.env[name] === undefined))
    throw new MpiError(
      'not-started',
      'openMpi: this process was not started by mpirun. Put mpirun -n 2 before the command, to start two ranks.',
    );
  const library = await loadLibrary();
  library.init();
  const communicator = new MpiCommunicator(library);
  process.once('exit', (code) => {
    if (communicator.isClosed) return;
    if (code === 0) library.finalize();
    else library.abort(code); // else the other ranks would wait for this one
  });
  return communicator;
};
