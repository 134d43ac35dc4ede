// A prepared directory: its files, and the manifest that names them.
// Imports no other room.
export {
  isPrepared,
  type Manifest,
  manifestFile,
  type PreparedFile,
  type PreparedShard,
  readManifest,
  verifyFile,
} from './manifest.js';
