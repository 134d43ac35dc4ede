// The scoring thread of a model of the user's own. Its module may stand beside models of the library, which may be loaded by a later change.
import { savedModelMetadata } from '@recsys/model';
import { serveThread } from '@recsys/serve/thread';
import { UsageError } from '../errors.js';
import { builtInTitled, kindOf } from '../models/index.js';

await serveThread(async (handler, path) => {
  const artifacts = await handler.load!();
  const title = savedModelMetadata(artifacts).model;
  const own = await kindOf(path as string);
  const kind = own.definition.name === title ? own : builtInTitled(title);
  if (kind === undefined)
    throw new UsageError('usage', `it is a ${title}, and ${path} defines a ${own.definition.name}`);
  return kind.load({ load: async () => artifacts });
});
