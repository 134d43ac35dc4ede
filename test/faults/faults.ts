import { damage } from './damage.ts';
import { diskFull } from './disk-full.ts';
import type { Fault } from './fault.ts';
import { fuzzReaders } from './fuzz-readers.ts';
import { hostileData } from './hostile/hostile-data.ts';
import { hostileEnvironments } from './hostile/hostile-environments.ts';
import { hostileModels } from './hostile/hostile-models.ts';
import { hostileTraining } from './hostile/hostile-training.ts';
import { kills } from './kills.ts';
import { service } from './service/service.ts';
import { shardHosts } from './shards/shard-hosts.ts';
import { shards } from './shards/shards.ts';
import { slurm } from './shards/slurm.ts';
import { soak } from './soak.ts';
import { sweep } from './sweep/sweep.ts';
import { sweepOptuna } from './sweep/sweep-optuna.ts';
import { twoProcesses } from './two-processes.ts';

/** All kinds of faults, by their name in `pnpm faults`. */
// biome-ignore lint/suspicious/noExplicitAny: each kind has a different size
export const faults: Readonly<Record<string, Fault<any>>> = {
  kills,
  damage,
  'disk-full': diskFull,
  'two-processes': twoProcesses,
  'fuzz-readers': fuzzReaders,
  'hostile-models': hostileModels,
  'hostile-data': hostileData,
  'hostile-environments': hostileEnvironments,
  'hostile-training': hostileTraining,
  service,
  shards,
  'shard-hosts': shardHosts,
  slurm,
  sweep,
  'sweep-optuna': sweepOptuna,
  soak,
};
