/**
 * Recommends for the shards that enqueue.ts adds, until it is stopped: `npx tsx examples/shards/worker.ts runs/movies`. Start it on as many machines
 * as you like; `REDIS_URL` says where Redis is. Ctrl-C ends it after its shard.
 */
import { startWorker } from '@recsys/bullmq';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';

await selectBackend();
const worker = startWorker(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', await SASRec.load(process.argv[2]), {
  lockSeconds: Number(process.env.LOCK_SECONDS ?? 30),
  onDone: ({ output, rows, wasDone }) => console.log(`${output}: ${rows} rows${wasDone ? ' (done before)' : ''}`),
  onFailed: (input, error) => console.error(`${input}: ${error.message}`),
  onManifest: ({ rows }) => console.log(`all shards are done: ${rows} rows`),
});
console.log('waiting for shards');
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => worker.close());
