import { preset } from '../../tsup.preset.ts';

/** `model-thread` is what a scoring thread runs for a model of the user's own. */
export default preset({ main: 'src/main.ts', 'model-thread': 'src/serve/model-thread.ts' });
