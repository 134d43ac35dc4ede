// Writing files so that a killed process loses nothing: atomic writes, locks and hashes. Needs Node; other packages import it from
// `@recsys/data/node`.
export {
  partialPathOf,
  removePartials,
  removePartialsOf,
  syncDirectory,
  type WriteTarget,
  writeFileAtomically,
  writeSynced,
  writeTargetOf,
} from './atomic-write.js';
export { sha256Of, sha256OfFile } from './hash.js';
export { type LockOptions, lockPath, type PathLock } from './lock.js';
export { type LockMark, lockMarks } from './lock-marks.js';
