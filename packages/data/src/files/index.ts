// Writing files so that a kill loses nothing: atomic writes, locks, hashes. For Node alone; other packages get it from `@recsys/data/node`.
export {
  partialPathOf,
  removePartials,
  removePartialsOf,
  syncDirectory,
  writeFileAtomically,
  writeSynced,
} from './atomic-write.js';
export { sha256Of } from './hash.js';
export { lockPath, type PathLock } from './lock.js';
