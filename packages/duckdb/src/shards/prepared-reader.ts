import { join } from 'node:path';
import { type Id, type IdMap, itemIds, type UserSequences, userIds } from '@recsys/data';
import { Database } from '../database/index.js';
import { type Manifest, type PreparedFile, readManifest, verifyFile } from '../directory/index.js';
import { PrepareError } from '../errors.js';
import { literal } from '../sql/index.js';

/** Memory for blocks of a file that are decoded. */
const memory = '512MB';

/** Arrays that the rows of shards are read into. */
interface Rows {
  /** Number of interactions of each user. */
  readonly lengths: Uint32Array;
  readonly items: Int32Array;
  readonly times: Float64Array | undefined;
}

/** Reads the files of a prepared directory. Each is compared with its sha256 when it is first read. */
export class PreparedReader {
  readonly manifest: Manifest;
  readonly #directory: string;
  readonly #database: Database;
  readonly #verified = new Set<string>();

  private constructor(directory: string, manifest: Manifest, database: Database) {
    this.#directory = directory;
    this.manifest = manifest;
    this.#database = database;
  }

  static async open(directory: string): Promise<PreparedReader> {
    const manifest = await readManifest(directory);
    return new PreparedReader(directory, manifest, await Database.open({ memory }));
  }

  get hasTimes(): boolean {
    return this.manifest.order.kind !== 'file-order';
  }

  close(): void {
    this.#database.close();
  }

  /** Returns the items, with how often each occurs. */
  async catalog(): Promise<IdMap> {
    const { items, ids, counts } = this.manifest;
    const all: Id[] = [];
    const interactions: number[] = [];
    for await (const [some, own] of this.#columns(items, 'id, interactions')) {
      push(all, idsOf(some as string[], ids.item));
      push(interactions, own as number[]);
    }
    this.#assertSize(items, all.length, counts.items);
    return { ...itemIds(all), counts: interactions };
  }

  /** Returns the ids of the users `from` to `to - 1`. */
  async users(from: number, to: number): Promise<Id[]> {
    const { users, ids } = this.manifest;
    const all: Id[] = [];
    const where = `where "index" >= ${from} and "index" < ${to}`;
    for await (const [some] of this.#columns(users, 'id', where)) push(all, idsOf(some as string[], ids.user));
    this.#assertSize(users, all.length, to - from);
    return all;
  }

  /** Reads shards `from` to `to - 1`. */
  async rows(from: number, to: number): Promise<Rows> {
    const shards = this.manifest.shards.slice(from, to);
    const sum = (what: 'users' | 'interactions') => shards.reduce((total, shard) => total + shard[what], 0);
    const [{ firstUser }] = shards;
    const lengths = new Uint32Array(sum('users'));
    const items = new Int32Array(sum('interactions'));
    const times = this.hasTimes ? new Float64Array(items.length) : undefined;
    let at = 0;
    for (const shard of shards) {
      const end = at + shard.interactions;
      for await (const [users, some, own] of this.#columns(
        shard,
        this.hasTimes ? '"user", item, time' : '"user", item',
      )) {
        if (at + some.length > end)
          this.#assertSize(shard, at + some.length - end + shard.interactions, shard.interactions);
        for (const user of users as number[]) lengths[user - firstUser] += 1;
        items.set(some as number[], at);
        times?.set(own as number[], at);
        at += some.length;
      }
      this.#assertSize(shard, shard.interactions - (end - at), shard.interactions);
    }
    return { lengths, items, times };
  }

  #assertSize({ file }: PreparedFile, found: number, expected: number): void {
    if (found === expected) return;
    throw new PrepareError('damaged', `${join(this.#directory, file)}: has ${found} rows, not ${expected}`);
  }

  async *#columns(file: PreparedFile, columns: string, where = ''): AsyncGenerator<unknown[][], void, undefined> {
    if (!this.#verified.has(file.file)) await verifyFile(this.#directory, file);
    this.#verified.add(file.file);
    const path = literal(join(this.#directory, file.file));
    yield* this.#database.columns(`select ${columns} from read_parquet(${path}) ${where}`);
  }
}

const idsOf = (texts: readonly string[], kind: 'string' | 'number'): readonly Id[] =>
  kind === 'number' ? texts.map(Number) : texts;

const push = <Value>(all: Value[], some: readonly Value[]): void => {
  for (const value of some) all.push(value);
};

/** Returns rows as sequences. */
export const sequencesOf = (
  { lengths, items, times }: Rows,
  { users, catalog, timeUnit }: { users: readonly Id[]; catalog: IdMap; timeUnit: number },
): UserSequences => {
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, user) => {
    offsets[user + 1] = offsets[user] + length;
  });
  return {
    offsets,
    ends: offsets.subarray(1),
    items,
    ...(times !== undefined && { timestamps: times }),
    ...(times !== undefined && timeUnit !== 1 && { timeUnit }),
    users: userIds(users),
    catalog,
  };
};
