// The scoring thread of the models that come with the library.
import { HSTU } from '@recsys/hstu';
import { savedModelMetadata } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { ServeError } from '../errors.js';
import { serveThread } from './serve-thread.js';

await serveThread(async (handler) => {
  const artifacts = await handler.load!();
  const own = { load: async () => artifacts };
  const kind = savedModelMetadata(artifacts).model;
  if (kind === 'SASRec') return SASRec.load(own);
  if (kind === 'HSTU') return HSTU.load(own);
  throw new ServeError('bad-model', `it is a ${kind}, and no module is named that loads it`);
});
