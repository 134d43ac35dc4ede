import { preset } from '../../tsup.preset.ts';

/** Runs on disk have a file name of their own, which `browser` in package.json replaces by `dist/browser.js`. */
export default preset({
  index: 'src/index.ts',
  node: 'src/node.ts',
  'testing/index': 'src/testing/index.ts',
  'runs-node': 'src/runs/index.ts',
  browser: 'src/browser.ts',
});
