/**
 * Adds a job for each file of histories in a folder: `npx tsx examples/shards/enqueue.ts HISTORIES LISTS`. `REDIS_URL` says where Redis is.
 * Workers recommend for them: see worker.ts.
 */
import { enqueueShards } from '@recsys/bullmq';

const [inputs, outputs] = process.argv.slice(2);
const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const leaseSeconds = Number(process.env.LEASE_SECONDS ?? 30);
const { shards, added } = await enqueueShards(url, { inputs, outputs, leaseSeconds, recommend: { k: 10 } });
console.log(`${shards} shards, ${added} jobs added`);
