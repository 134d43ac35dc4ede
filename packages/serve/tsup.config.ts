import { preset } from '../../tsup.preset.ts';

/** `models-thread` is what a scoring thread runs unless it is given another module. */
export default preset({
  index: 'src/index.ts',
  client: 'src/client.ts',
  scoring: 'src/scoring.ts',
  thread: 'src/thread.ts',
  'models-thread': 'src/thread/models-thread.ts',
});
