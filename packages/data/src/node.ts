// Functions on files that other packages share. They need Node.
export { type Database, parseDatabase } from './databases/parse-database.js';
export { FileError, type FileErrorCode } from './errors.js';
export {
  lockPath,
  type PathLock,
  partialPathOf,
  removePartials,
  removePartialsOf,
  sha256Of,
  sha256OfFile,
  syncDirectory,
  type WriteTarget,
  writeFileAtomically,
  writeSynced,
  writeTargetOf,
} from './files/index.js';
