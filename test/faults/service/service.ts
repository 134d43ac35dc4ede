import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Rng } from '@recsys/data';
import { selectBackend } from '@recsys/model';
import { SASRec } from '@recsys/sasrec';
import { type Fault, Tally } from '../fault.ts';
import { causes, type Scene } from './causes.ts';
import { Served } from './served.ts';
import type { KillableStore } from './stores.ts';
import type { Seen, VisitorSettings } from './visitors.ts';

interface Size {
  /** Faults with histories in Redis. */
  readonly redis: number;
  /** Faults with histories in PostgreSQL. */
  readonly postgres: number;
  readonly seed: number;
}

/** Ms within which a service must answer again. */
const bound = 30_000;

/** Largest difference of two scores of one item. */
const tolerance = 1e-5;

export const service: Fault<Size> = {
  about: `a service under constant load, with events: a thread, the service, or Redis or PostgreSQL killed, the disk of Redis full, slow, malformed and huge requests, swaps to damaged models. No event that was answered is lost, no list differs by more than ${tolerance} from that of the model that it names for that history, and the service answers again within ${bound / 1000} s`,
  short: { redis: 13, postgres: 2, seed: 1 },
  long: { redis: 110, postgres: 90, seed: 1 },
  run: async ({ redis, postgres, seed }, report) => {
    const { noRedis } = await import('../../support/programs/redis.ts');
    const { noPostgres } = await import('../../support/programs/postgres.ts');
    const tally = new Tally();
    const counts = new Counts();
    const models = await saveModels();
    try {
      for (const [kind, faults, reason] of [
        ['redis', redis, noRedis],
        ['postgres', postgres, noPostgres],
      ] as const) {
        if (reason === undefined) await campaign(kind, { faults, seed, models, tally, counts, report });
        else report(`skipped: ${faults} faults with ${kind}: ${reason}`);
      }
    } finally {
      rmSync(models.folder, { recursive: true });
      for (const model of models.known.values()) model.dispose();
    }
    return tally.record(counts.details());
  },
};

/** What was seen in all. */
class Counts {
  events = 0;
  lostEvents = 0;
  lists = 0;
  wrongLists = 0;
  refused = 0;
  readonly recoveries: number[] = [];
  readonly kinds: Record<string, number> = {};

  details(): Record<string, unknown> {
    const sorted = [...this.recoveries].sort((a, b) => a - b);
    const seconds = (ms = 0) => Math.round(ms / 10) / 100;
    return {
      eventsRecorded: this.events,
      eventsLost: this.lostEvents,
      listsChecked: this.lists,
      listsThatWereWrong: this.wrongLists,
      refusedOrNotConnected: this.refused,
      medianSecondsToAnswerAgain: seconds(sorted[sorted.length >> 1]),
      mostSecondsToAnswerAgain: seconds(sorted.at(-1)),
      kinds: this.kinds,
    };
  }
}

interface Models {
  readonly folder: string;
  readonly items: readonly string[];
  /** Those that may answer, by their name. */
  readonly known: ReadonlyMap<string, SASRec<string>>;
}

const saveModels = async (): Promise<Models> => {
  await selectBackend();
  const folder = mkdtempSync(join(tmpdir(), 'recsys-service-faults-'));
  const items = Array.from({ length: 200 }, (_, i) => `item-${i + 1}`);
  const save = async (name: string, ids: readonly string[], seed: number) => {
    const catalog = { ids, first: 1 as const, counts: ids.map((_, i) => ids.length - i) };
    const model = new SASRec<string>({ catalog, maxLength: 20, hiddenUnits: 16, seed });
    await model.save(join(folder, name));
    return model;
  };
  const known = new Map([
    ['first', await save('first', items, 1)],
    ['second', await save('second', items, 2)],
  ]);
  const other = items.map((item) => `other-${item}`);
  (await save('other', other, 3)).dispose();
  return { folder, items, known };
};

interface Campaign {
  readonly faults: number;
  readonly seed: number;
  readonly models: Models;
  readonly tally: Tally;
  readonly counts: Counts;
  readonly report: (line: string) => void;
}

/** Causes faults in one service, whose histories are in one store. */
const campaign = async (kind: 'redis' | 'postgres', given: Campaign) => {
  const { seed, models } = given;
  const { startStore } = await import('./stores.ts');
  const store = await startStore(kind, models.folder);
  const served = new Served(join(models.folder, 'first'), store.url);
  let visitors: Visitors | undefined;
  try {
    await served.start();
    const { items } = models;
    const visit = { address: served.address, items, visitors: 6, eventsOfUser: 30, pause: 20, seed, prefix: kind };
    visitors = new Visitors(visit);
    await visitors.areThere();
    const rng = new Rng(seed, kind === 'redis' ? 0 : 1);
    await causeFaults(kind, given, { served, store, models: models.folder, items, rng }, visitors);
  } finally {
    visitors?.kill();
    await served.kill();
    await store.stop();
  }
};

const causeFaults = async (
  kind: string,
  { faults, models, tally, counts, report }: Campaign,
  scene: Scene,
  visitors: Visitors,
) => {
  const { served, store, rng } = scene;
  const possible = Object.keys(causes).filter((name) => name !== 'diskOfStoreFull' || store.fillDisk !== undefined);
  if (kind === 'redis' && store.fillDisk === undefined) report('skipped: full disks, which this system cannot have');
  let left: string[] = [];
  for (let i = 1; i <= faults; i++) {
    // Each kind once, in any order, before one comes again; first of all what is about the store.
    if (left.length === 0) left = [...possible];
    const [name] = left.splice(i <= 2 ? 0 : rng.below(left.length), 1);
    await sleep(100 + rng.below(400));
    const problems: string[] = [];
    try {
      const problem = await causes[name](scene);
      if (problem !== undefined) problems.push(problem);
    } catch (error) {
      problems.push((error as Error).message);
    }
    counts.recoveries.push(await recovery(served, problems));
    problems.push(...checked(visitors.take(), models, counts));
    counts.kinds[name] = (counts.kinds[name] ?? 0) + 1;
    tally.add(problems.length === 0 ? undefined : `${kind}, fault ${i}, ${name}: ${problems.join('; ')}`);
    if (i % 10 === 0) report(`${kind}: ${i} faults, ${counts.events} events, ${counts.lists} lists`);
  }
  const atEnd = [...(await visitors.end()), ...checked(visitors.take(), models, counts)];
  atEnd.push(...(await lostEvents(store, visitors.events, counts)));
  const status = await served.stop();
  if (status !== 0) atEnd.push(`on SIGTERM it exited with ${status}`);
  for (const problem of atEnd) tally.add(`${kind}, after all faults: ${problem}`);
};

/** Resolves to the ms until a service answers. */
const recovery = async (served: Served, problems: string[]): Promise<number> => {
  const start = performance.now();
  for (;;) {
    const isBack = await served.answers();
    const elapsed = performance.now() - start;
    if (isBack) return elapsed;
    if (elapsed > bound) {
      problems.push(`no answer for ${bound / 1000} s`);
      return elapsed;
    }
    await sleep(20);
  }
};

/** Constant load, from a process of its own. */
class Visitors {
  /** Items of the events that were answered, by user, in their order. */
  readonly events = new Map<string, string[]>();
  readonly #process: ChildProcess;
  readonly #read: Promise<void>;
  #seen: Seen[] = [];

  constructor(settings: VisitorSettings) {
    const program = fileURLToPath(new URL('visitors.ts', import.meta.url));
    this.#process = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#read = this.#readAll();
  }

  /** Resolves once they have sent requests. */
  async areThere(): Promise<void> {
    while (this.events.size === 0 && this.#process.exitCode === null) await sleep(20);
  }

  /** Returns what was seen since the last time. */
  take(): Seen[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }

  /** Lets each end what it does; resolves to what went wrong with them. */
  async end(): Promise<string[]> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin!.end();
    await this.#read;
    const [status] = await ended;
    return status === 0 ? [] : [`the visitors ended with ${status}`];
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  async #readAll(): Promise<void> {
    for await (const line of createInterface(this.#process.stdout!)) {
      const seen = JSON.parse(line) as Seen;
      this.#seen.push(seen);
      if (seen.type !== 'event') continue;
      if (!this.events.has(seen.user)) this.events.set(seen.user, []);
      this.events.get(seen.user)!.push(seen.item);
    }
  }
}

/** Counts what visitors saw, compares their lists with those of the models, and returns what was wrong. */
const checked = (seen: readonly Seen[], { known }: Models, counts: Counts): string[] => {
  const problems: string[] = [];
  for (const own of seen) {
    if (own.type === 'event') counts.events += 1;
    else if (own.type === 'refused') counts.refused += 1;
    else if (own.type === 'wrong') problems.push(own.problem);
    else {
      counts.lists += 1;
      const problem = wrongList(own, known.get(own.version.replace(/-[0-9a-f]{8}$/, '')));
      if (problem === undefined) continue;
      counts.wrongLists += 1;
      problems.push(`${problem}: ${JSON.stringify(own)}`);
    }
  }
  return problems.slice(0, 5);
};

/** Returns how a list differs from that of its model. Items whose scores are that close may be in another order. */
const wrongList = (
  { history, items }: Extract<Seen, { type: 'list' }>,
  model: SASRec<string> | undefined,
): string | undefined => {
  if (model === undefined) return 'a list of a model that was never loaded';
  const expected = model.recommend([...history], { k: model.config.catalog.ids.length });
  const scores = new Map(expected.map(({ item, score }) => [item, score]));
  if (new Set(items.map(({ item }) => item)).size !== Math.min(10, expected.length)) return 'a list of another length';
  for (const [i, { item, score }] of items.entries()) {
    const own = scores.get(item);
    if (own === undefined) return `${item} is of the history or unknown`;
    const isClose = Math.abs(score - own) <= tolerance && Math.abs(score - expected[i].score) <= tolerance;
    if (!isClose) return `place ${i + 1} has ${score}, the model ${own} for it and ${expected[i].score} for the place`;
  }
  return undefined;
};

/** Compares the store with the events that were answered. */
const lostEvents = async (store: KillableStore, events: Visitors['events'], counts: Counts): Promise<string[]> => {
  const histories = await store.open();
  const problems: string[] = [];
  for (const [user, items] of events) {
    const found = (await histories.historyOf(user)).items;
    const lost = items.filter((item, i) => found[i] !== item).length;
    counts.lostEvents += lost;
    if (lost > 0) problems.push(`${lost} events of ${user} are lost`);
    else if (found.length !== items.length)
      problems.push(`${found.length - items.length} events of ${user} are there twice`);
  }
  await histories.close();
  return problems;
};
