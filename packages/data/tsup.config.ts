import { preset } from '../../tsup.preset.ts';

export default preset({
  index: 'src/index.ts',
  node: 'src/node.ts',
  'decoder-process': 'src/read/columnar/decoder-process.ts',
});
