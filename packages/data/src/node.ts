// Functions on files that other packages share. They need Node.
export { type Database, parseDatabase } from './databases/parse-database.js';
export { FileError, type FileErrorCode } from './errors.js';
export {
  type LockMark,
  type LockOptions,
  lockMarks,
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
export { type Places, placesOfColumns, type WantedColumns } from './read/column-names.js';
export { type ListedFile, listFiles } from './read/sources/list-files.js';
export { type ExactTime, secondsPerUnit, TimeReader } from './times/index.js';
export { orderInWords } from './verbs/index.js';
