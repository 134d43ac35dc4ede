// What bundles for the browser get in place of the Node half of a room.
import { DataError } from './errors.js';

const nodeOnly = (name: string) => () => {
  throw new DataError(
    'node-only',
    `${name}: works with files and runs in Node alone; in a browser, use fromTable or toSequences on your rows`,
  );
};

export const readInteractions = nodeOnly('readInteractions');
export const readHistories = nodeOnly('readHistories');
export const writeInteractions = nodeOnly('writeInteractions');
export const getDataset = nodeOnly('getDataset');
export const cachedDataset = nodeOnly('cachedDataset');
export const readCandidates = nodeOnly('readCandidates');
export const writeCandidates = nodeOnly('writeCandidates');
