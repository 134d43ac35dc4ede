/** The thread that starts the process of warm-command.ts, and relays to it, while the thread of the tests waits. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerData } from 'node:worker_threads';

const { port, answered } = workerData;
const command = fork(fileURLToPath(new URL('./process.mjs', import.meta.url)), {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});

/** Wakes the thread that waits, with an answer if there is one. */
const wake = (ended) => {
  if (ended !== undefined) port.postMessage(ended);
  Atomics.store(answered, 0, 1);
  Atomics.notify(answered, 0);
};
command.on('message', wake);
command.on('exit', () => wake());

port.on('message', (start) => command.send(start));
port.on('close', () => command.connected && command.disconnect());
