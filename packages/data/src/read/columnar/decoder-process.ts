/** Decodes one file, a block each time it is asked for one: the process that `decodeInSubprocess` starts. */

import type { Advice } from '@recsys/errors';
import type { WantedColumns } from '../column-names.js';
import {
  type ColumnarFile,
  columnarError,
  decodeHistories,
  decodeInteractions,
  type HistoryBlock,
  type InteractionBlock,
} from './decode-columnar.js';

/** What the process is told first. Each message after it asks for a block. */
export interface DecodingTask {
  readonly file: ColumnarFile;
  /** Columns of interactions; or histories, but for the first ones. */
  readonly wanted: WantedColumns | { readonly skip: number };
}

/** What the process answers: some rows; that there are no more; or what is wrong with the file. */
export type DecodingAnswer =
  | { block: InteractionBlock | HistoryBlock }
  | { end: true }
  | { error: { problem: string; advice: Advice | undefined } };

process.once('message', ({ file: { content, ...rest }, wanted }: DecodingTask) => {
  // What comes with a message lies somewhere in a larger buffer; decoders want it at the start of one.
  const file = { ...rest, content: typeof content === 'string' ? content : new Uint8Array(content) };
  const blocks = 'skip' in wanted ? decodeHistories(file, wanted.skip) : decodeInteractions(file, wanted);
  const answer = async (): Promise<DecodingAnswer> => {
    try {
      const { done, value } = await blocks.next();
      return done ? { end: true } : { block: value };
    } catch (error) {
      const { problem, advice } = columnarError(file, error);
      return { error: { problem, advice } };
    }
  };
  process.on('message', async () => process.send!(await answer()));
});
