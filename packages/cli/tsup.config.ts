import { preset } from '../../tsup.preset.ts';

/**
 * `model-thread` is what a scoring thread runs for a model of the user's own; `command-line` is the command as a function, for
 * test/support/command.
 */
export default preset({
  main: 'src/main.ts',
  'model-thread': 'src/serve/model-thread.ts',
  'command-line': 'src/command-line.ts',
});
