import type { ChildProcess } from 'node:child_process';
import { on } from 'node:events';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DataError } from '../../errors.js';
import type { WantedColumns } from '../column-names.js';
import {
  type ColumnarFile,
  columnarError,
  decodeColumnar,
  type InteractionBlock,
  type RowBlock,
} from './decode-columnar.js';
import type { DecodingAnswer, DecodingTask } from './decoder-process.js';

/**
 * Yields the content of a Parquet or Arrow file. It is decoded in a separate process, whose memory and time per block are limited in proportion to the
 * size of the file: a damaged length can make a decoder ask for any number of rows, and then only that process dies. One block is decoded ahead.
 *
 * A bundle may lack the decoder's file, and some runtimes cannot start it. Then the file is decoded in this process, without those limits.
 *
 * @throws {DataError} on a damaged file or a missing column.
 */
export function decodeInSubprocess(file: ColumnarFile, wanted: WantedColumns): AsyncGenerator<InteractionBlock>;
export function decodeInSubprocess(
  file: ColumnarFile,
  wanted: { skip: number } | { rows: 'all' },
): AsyncGenerator<RowBlock>;
export async function* decodeInSubprocess(
  file: ColumnarFile,
  wanted: DecodingTask['wanted'],
): AsyncGenerator<InteractionBlock | RowBlock, void, undefined> {
  const { name, content } = file;
  const megabytes = (typeof content === 'string' ? (await stat(content)).size : content.length) / 2 ** 20;
  const patience = 10 + Math.round(megabytes);
  const decoder = await startDecoder(megabytes);
  if (decoder === undefined) return yield* decodeHere(file, wanted);
  const tell = (message: DecodingTask | 'next') =>
    decoder.send(message, () => {
      // The loop below notices when the decoder has ended.
    });
  const tooLate = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let isWaiting = false;
  const wait = () => {
    isWaiting = true;
    // An answer that arrived while this process was busy is not late.
    timer = setTimeout(() => setImmediate(() => isWaiting && tooLate.abort()), 1000 * patience);
  };
  try {
    const answers = on(decoder, 'message', { close: ['exit'], signal: tooLate.signal });
    tell({ file, wanted });
    tell('next');
    wait();
    for await (const [answer] of answers as AsyncIterable<[DecodingAnswer]>) {
      isWaiting = false;
      clearTimeout(timer);
      if ('error' in answer) {
        const { code, problem, advice } = answer.error;
        throw new DataError(code, problem, { advice });
      }
      if ('end' in answer) return;
      tell('next');
      yield answer.block;
      wait();
    }
    throw columnarError(file, new Error(reasonOfExit(decoder)));
  } catch (error) {
    if (error instanceof DataError) throw error;
    if (tooLate.signal.aborted) throw columnarError(file, new Error(`no rows for ${patience} s`));
    throw new DataError('bad-data', `${name}: cannot be decoded: ${(error as Error).message}`, { cause: error });
  } finally {
    isWaiting = false;
    clearTimeout(timer);
    decoder.kill('SIGKILL');
  }
}

const reasonOfExit = ({ exitCode, signalCode }: { exitCode: number | null; signalCode: string | null }): string =>
  signalCode !== null || exitCode === 134 // V8 aborts; 134 is how Windows says so
    ? 'decoding it takes more memory than a file of this size can need'
    : `the decoder exited with code ${exitCode}`;

/** Returns a process that waits for a file, or undefined where it does not start. */
const startDecoder = async (megabytes: number): Promise<ChildProcess | undefined> => {
  const path = decoderPath();
  if (path === undefined) return undefined;
  let decoder: ChildProcess;
  try {
    // Not imported: bundlers that follow `fork` would look for a file of that name, and refuse to build without it.
    decoder = process.getBuiltinModule('node:child_process').fork(path, {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${Math.ceil(128 + 64 * megabytes)}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  } catch {
    return undefined; // processes are forbidden here
  }
  const isReady = await new Promise<boolean>((resolve) => {
    decoder.once('message', () => resolve(true));
    decoder.once('error', () => resolve(false));
    decoder.once('exit', () => resolve(false));
  });
  return isReady ? decoder : undefined;
};

/** Returns the path of the built decoder, also when this module runs from source; undefined in a bundle without it. */
const decoderPath = (): string | undefined => {
  const here: string | undefined = import.meta.url; // undefined in a bundle in CommonJS
  if (here === undefined) return undefined;
  const path = here.endsWith('.ts') ? '../../../dist/decoder-process.js' : './decoder-process.js';
  const url = new URL(path, here);
  return url.protocol === 'file:' && existsSync(url) ? fileURLToPath(url) : undefined;
};

async function* decodeHere(
  { content, ...rest }: ColumnarFile,
  wanted: DecodingTask['wanted'],
): AsyncGenerator<InteractionBlock | RowBlock, void, undefined> {
  // Decoders need a buffer of their own.
  const file = { ...rest, content: typeof content === 'string' ? content : new Uint8Array(content) };
  try {
    yield* decodeColumnar(file, wanted);
  } catch (error) {
    throw columnarError(file, error);
  }
}
