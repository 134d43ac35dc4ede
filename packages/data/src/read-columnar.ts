import { fork } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ColumnarMessage } from './columnar-process.js';
import { type ColumnarFile, columnarError } from './decode-columnar.js';
import { DataError } from './errors.js';
import type { RowSink } from './read-interactions.js';
import { type Row, rowTaker } from './read-rows.js';

/**
 * Reads interactions from a Parquet or Arrow file. It is decoded in a process of its own, with an amount of heap and a time without rows that
 * follow the file's size: a damaged length can ask a decoder for any number of rows, and ends no more than that process.
 *
 * @throws {DataError} on a file that is damaged, misses a column or has a row that the sink refuses.
 */
export const readColumnar = async (file: ColumnarFile, sink: RowSink): Promise<void> => {
  const { name, content, wanted } = file;
  const megabytes = (typeof content === 'string' ? (await stat(content)).size : content.length) / 2 ** 20;
  const decoder = fork(fileURLToPath(decoderAddress()), {
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${Math.ceil(128 + 64 * megabytes)}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  let patience: NodeJS.Timeout | undefined;
  let take: ((row: Row, number: number) => void) | undefined;
  let done = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const giveUp = (reason: string) => reject(columnarError(file, new Error(reason)));
      const wait = () => {
        clearTimeout(patience);
        const seconds = 10 + megabytes;
        patience = setTimeout(() => giveUp(`no rows for ${Math.round(seconds)} s`), 1000 * seconds);
      };
      decoder.on('message', (message: ColumnarMessage) => {
        try {
          if ('error' in message) throw new DataError(message.error);
          if ('end' in message) {
            resolve();
            return;
          }
          wait();
          const { columns, values } = message.block;
          take ??= rowTaker(name, sink, { columns, ratings: wanted.ratings });
          const names = Object.values(columns);
          const row: Record<string, unknown> = {};
          for (let i = 0; i < values[0]!.length; i++) {
            for (let column = 0; column < names.length; column++) row[names[column]!] = values[column]![i];
            take(row, ++done);
          }
        } catch (error) {
          reject(error);
        }
      });
      decoder.on('error', ({ message }) => giveUp(message));
      decoder.on('exit', (code, signal) => {
        const isOutOfMemory = signal !== null || code === 134; // V8 aborts; 134 is how Windows says so
        giveUp(
          isOutOfMemory
            ? 'it asks for more memory than a file of its size can need'
            : `its decoder ended with code ${code}`,
        );
      });
      decoder.send(file);
      wait();
    });
  } finally {
    clearTimeout(patience);
    decoder.kill('SIGKILL');
  }
};

/** Returns where the built decoder is; source that is run as it is has it in the build. */
const decoderAddress = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? '../dist/columnar-process.js' : './columnar-process.js', import.meta.url);
