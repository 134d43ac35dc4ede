import { preset } from '../../tsup.preset.ts';

/** The Node half of `files` has a file name of its own, which `browser` in package.json replaces by `dist/browser.js`. */
export default preset({
  index: 'src/index.ts',
  node: 'src/node.ts',
  'files-node': 'src/files/node.ts',
  browser: 'src/files/browser.ts',
});
