/** Decodes one file and sends its rows home: the process that `readColumnar` starts. */
import { type ColumnarBlock, type ColumnarFile, columnarError, decodeArrow, decodeParquet } from './decode-columnar.js';

/** What the process sends: some rows; that there are no more; or what is wrong with the file. */
export type ColumnarMessage = { block: ColumnarBlock } | { end: true } | { error: string };

/** Sends a message, and waits until it is on its way, so that blocks do not pile up. */
const send = (message: ColumnarMessage) => new Promise((sent) => process.send!(message, sent));

process.once('message', async ({ content, ...rest }: ColumnarFile) => {
  // What comes with a message lies somewhere in a larger buffer; decoders want it at the start of one.
  const file = { ...rest, content: typeof content === 'string' ? content : new Uint8Array(content) };
  try {
    for await (const block of file.format === 'arrow' ? decodeArrow(file) : decodeParquet(file)) await send({ block });
    await send({ end: true });
  } catch (error) {
    await send({ error: columnarError(file, error).message });
  }
  process.disconnect();
});
