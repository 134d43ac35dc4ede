// For `node --import`: on SIGIO, the scoring thread that was started last is ended, as by a fault of native code.
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

const scoring = new Set();

threads.Worker = class extends threads.Worker {
  constructor(file, options) {
    super(file, options);
    if (!String(file).includes('models-thread')) return;
    scoring.add(this);
    this.once('exit', () => scoring.delete(this));
  }
};
syncBuiltinESMExports();

process.on('SIGIO', () => void [...scoring].at(-1)?.terminate());
