import { preset } from '../../tsup.preset.ts';

/** The Node half of each room has a file name of its own, which `browser` in package.json replaces by `dist/browser.js`. */
export default preset({
  index: 'src/index.ts',
  core: 'src/core.ts',
  node: 'src/node.ts',
  browser: 'src/browser.ts',
  'read-node': 'src/read/node.ts',
  'write-node': 'src/write/node.ts',
  'features-node': 'src/features/node.ts',
  'datasets-node': 'src/datasets/node.ts',
  'candidates-node': 'src/candidates/node.ts',
  'databases-node': 'src/databases/node.ts',
  'batch-worker': 'src/batches/batch-worker.ts',
  'decoder-process': 'src/read/columnar/decoder-process.ts',
});
