// What a bundle for the browser gets in place of the modules for Node.
import { DataError } from './errors.js';

const nodeOnly = (name: string) => () => {
  throw new DataError('node-only', `${name}: needs Node; in a browser, use fromTable on a table of your rows`);
};

export const readInteractions = nodeOnly('readInteractions');
export const readHistories = nodeOnly('readHistories');
export const writeInteractions = nodeOnly('writeInteractions');
export const getDataset = nodeOnly('getDataset');
export const cachedDataset = nodeOnly('cachedDataset');
export const queryRows = nodeOnly('queryRows');
export const readCandidates = nodeOnly('readCandidates');
export const writeCandidates = nodeOnly('writeCandidates');
export const readItemFeatures = nodeOnly('readItemFeatures');
