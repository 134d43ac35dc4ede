import type { LibraryHandle } from 'koffi';
import { MpiError } from './errors.js';

/** Open MPI 3 to 5 have this name; other implementations of MPI have other handles, and other names. */
const libraryName = 'libmpi.so.40';

type ForeignFunction = ReturnType<LibraryHandle['func']>;

/** Memory that MPI may read and write between two calls, unlike that of JavaScript, which can move. */
export interface Memory {
  /** Its address. */
  readonly pointer: bigint;
  readonly bytes: Uint8Array;
}

/** The part of MPI that is called. */
export interface MpiLibrary {
  init(): void;
  finalize(): void;
  /** Ends all processes of the job. */
  abort(exitCode: number): void;
  rank(): number;
  size(): number;
  /** Starts to give `length` bytes of `from` to each rank, and to put as many of each one behind each other in `to`. */
  startAllgather(from: Memory, length: number, to: Memory, request: Memory): void;
  /** The same for as many bytes as `counts` has for each rank, int32; those of a rank begin at its number in `starts`. */
  startAllgatherv(from: Memory, length: number, to: Memory, counts: Memory, starts: Memory, request: Memory): void;
  /** Returns whether what was started is done. Nothing moves but in this call. */
  isDone(request: Memory): boolean;
  allocate(bytes: number): Memory;
  free(memory: Memory): void;
}

/**
 * Returns Open MPI, through koffi.
 * @throws {MpiError} `not-installed`.
 */
export const loadLibrary = async (): Promise<MpiLibrary> => {
  const { default: koffi } = await import('koffi').catch((cause: Error) => {
    throw new MpiError(
      'not-installed',
      `koffi cannot be loaded: ${cause.message}. Install it with: npm install koffi`,
      {
        cause,
      },
    );
  });
  const library = load();
  const world = library.symbol('ompi_mpi_comm_world');
  const byte = library.symbol('ompi_mpi_byte');
  // What they return is of no interest: by default, MPI ends the job at an error.
  const functionOf = (name: string, args: string): ForeignFunction => library.func(`int ${name}(${args})`);
  const numberOf = (call: ForeignFunction): number => {
    const number = [0];
    call(world, number);
    return number[0];
  };
  const init = functionOf('MPI_Init', 'void *argc, void *argv');
  const rank = functionOf('MPI_Comm_rank', 'void *comm, _Out_ int *rank');
  const size = functionOf('MPI_Comm_size', 'void *comm, _Out_ int *size');
  const gathered = 'void *send, int length, void *type';
  const allgather = functionOf(
    'MPI_Iallgather',
    `${gathered}, void *receive, int each, void *of, void *comm, void *request`,
  );
  const allgatherv = functionOf(
    'MPI_Iallgatherv',
    `${gathered}, void *receive, void *counts, void *starts, void *of, void *comm, void *request`,
  );
  const test = functionOf('MPI_Test', 'void *request, _Out_ int *flag, void *status');
  const abort = functionOf('MPI_Abort', 'void *comm, int code');
  return {
    init: () => init(null, null),
    finalize: functionOf('MPI_Finalize', ''),
    abort: (exitCode) => abort(world, exitCode),
    rank: () => numberOf(rank),
    size: () => numberOf(size),
    startAllgather: (from, length, to, request) =>
      allgather(from.pointer, length, byte, to.pointer, length, byte, world, request.pointer),
    startAllgatherv: (from, length, to, counts, starts, request) =>
      allgatherv(
        ...[from.pointer, length, byte, to.pointer, counts.pointer, starts.pointer],
        ...[byte, world, request.pointer],
      ),
    isDone: (request) => {
      const flag = [0];
      test(request.pointer, flag, null);
      return flag[0] !== 0;
    },
    allocate: (bytes) => {
      const pointer = koffi.alloc('uint8', bytes);
      return { pointer, bytes: new Uint8Array(koffi.view(pointer, bytes)) };
    },
    free: ({ pointer }) => koffi.free(pointer),
  };

  function load() {
    try {
      return koffi.load(libraryName, { global: true }); // the plugins of Open MPI find its functions so
    } catch (cause) {
      throw new MpiError(
        'not-installed',
        `Open MPI cannot be loaded (${libraryName}): ${(cause as Error).message}. Install it; on Debian and Ubuntu: apt-get install openmpi-bin`,
        { cause },
      );
    }
  }
};
