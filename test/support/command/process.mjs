/** The process of warm-command.ts. It ends with the process that started it. */
import { setImmediate } from 'node:timers/promises';
import { runCommandLine } from '../../../packages/cli/dist/command-line.js';

/** Keeps what is written to a stream, until the function that is returned gives it back. */
const captured = (stream) => {
  const { write } = stream;
  const pieces = [];
  stream.write = (piece, ...rest) => {
    pieces.push(Buffer.from(piece));
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  };
  return () => {
    stream.write = write;
    return Buffer.concat(pieces).toString();
  };
};

/** Runs a command line as if the process were its own. */
const run = async ({ args, directory, env }) => {
  process.chdir(directory);
  process.env = env;
  const [stdout, stderr] = [captured(process.stdout), captured(process.stderr)];
  try {
    await runCommandLine(args);
  } catch (error) {
    process.stderr.write(`${error.stack}\n`); // as Node does
    process.exitCode = 1;
  }
  await setImmediate(); // Node prints warnings a little later
  const ended = { status: Number(process.exitCode ?? 0), stdout: stdout(), stderr: stderr() };
  process.exitCode = undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE']) process.removeAllListeners(signal);
  return ended;
};

process.on('message', async (start) => process.send(await run(start)));
process.on('disconnect', () => process.exit());
