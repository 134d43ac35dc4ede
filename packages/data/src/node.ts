// What other packages need of Node's file system: one implementation each.
export { FileError, type FileErrorCode } from './errors.js';
export {
  lockPath,
  type PathLock,
  partialPathOf,
  removePartials,
  removePartialsOf,
  sha256Of,
  syncDirectory,
  writeFileAtomically,
  writeSynced,
} from './files/index.js';
