import { preset } from '../../tsup.preset.ts';

export default preset(['src/index.ts', 'src/node.ts']);
