import { once } from 'node:events';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';

/** What became of a command line. */
interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Milliseconds after which a command line is taken to hang. */
const patience = 120_000;

/**
 * A process that loads the built command once, and runs command lines one after the other, so that each costs its work alone. What concerns the
 * process itself (signals, pipes, standard input) is tested with a process for each.
 */
export class WarmCommand {
  readonly #answered = new Int32Array(new SharedArrayBuffer(4));
  readonly #relay: Worker;
  readonly #port: MessagePort;
  readonly #directory: string;
  #hasFailed = false;

  /** @param directory where command lines run. */
  constructor(directory: string) {
    this.#directory = directory;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData = { port: port2, answered: this.#answered };
    this.#relay = new Worker(new URL('./relay.mjs', import.meta.url), { workerData, transferList: [port2] });
  }

  /** Runs a command line, and waits for its end as `spawnSync` does: nothing else goes on meanwhile. */
  run(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Ended {
    if (this.#hasFailed) throw new Error('an earlier command line has not ended as it should');
    Atomics.store(this.#answered, 0, 0);
    this.#port.postMessage({ args, directory: this.#directory, env: { ...env } });
    const outcome = Atomics.wait(this.#answered, 0, 0, patience);
    const ended = receiveMessageOnPort(this.#port)?.message as Ended | undefined;
    if (ended !== undefined) return ended;
    this.#hasFailed = true;
    const failure = outcome === 'timed-out' ? 'does not end' : 'has ended the process that tests share';
    throw new Error(`recsys ${args.join(' ')}: ${failure}`);
  }

  /** Ends the process, and resolves when it has ended. */
  async close(): Promise<void> {
    const ended = once(this.#relay, 'exit');
    this.#port.close();
    await ended;
  }
}
