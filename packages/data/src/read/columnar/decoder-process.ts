/** The process that `decodeInSubprocess` starts. It decodes one file, and sends one block per request. */

import type { Advice } from '@recsys/errors';
import type { DataErrorCode } from '../../errors.js';
import {
  type ColumnarFile,
  columnarError,
  decodeColumnar,
  type InteractionBlock,
  type RowBlock,
  type Wanted,
} from './decode-columnar.js';

/** First message to the process. Each further message requests a block. */
export interface DecodingTask {
  readonly file: ColumnarFile;
  /** Columns of interactions, the number of histories to skip, or all columns of all rows. */
  readonly wanted: Wanted;
}

/** Answer of the process: some rows, the end of the file, or what is wrong with it. */
export type DecodingAnswer =
  | { block: InteractionBlock | RowBlock }
  | { end: true }
  | { error: { code: DataErrorCode; problem: string; advice: Advice | undefined } };

process.once('message', ({ file: { content, ...rest }, wanted }: DecodingTask) => {
  // The bytes of a message are a part of a larger buffer, but decoders need a buffer of their own.
  const file = { ...rest, content: typeof content === 'string' ? content : new Uint8Array(content) };
  const blocks = decodeColumnar(file, wanted);
  const answer = async (): Promise<DecodingAnswer> => {
    try {
      const { done, value } = await blocks.next();
      return done ? { end: true } : { block: value };
    } catch (error) {
      const { code, problem, advice } = columnarError(file, error);
      return { error: { code: code as DataErrorCode, problem, advice } };
    }
  };
  process.on('message', async () => process.send!(await answer()));
});

// Sent before any file is touched: a process that ends earlier has not failed because of a file.
process.send!('ready');
