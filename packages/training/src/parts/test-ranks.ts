import type { Communicator } from './communicator.js';

/** Returns the communicators of ranks that are all in this process, for tests of what ranks do together. */
export const ranksInProcess = (size: number): Communicator[] => {
  /** By call, what the ranks have given and who waits for it. */
  const calls: { given: Uint8Array[]; waiting: ((all: Uint8Array[]) => void)[] }[] = [];
  return Array.from({ length: size }, (_, rank) => {
    let next = 0;
    return {
      rank,
      size,
      allgather: (bytes) =>
        new Promise((resolve) => {
          calls[next] ??= { given: [], waiting: [] };
          const call = calls[next];
          next += 1;
          call.given[rank] = bytes.slice();
          call.waiting.push(resolve);
          if (call.waiting.length === size) for (const answer of call.waiting) answer(call.given);
        }),
    };
  });
};
