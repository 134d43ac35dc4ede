/**
 * Visitors of a service, as a process of their own: asks `/v1/recommend` of the address in its first argument again and again, and counts what is
 * answered. Messages from the parent: `{ items }`, what histories are made of from now on; `'count'`, to be sent the counts; `'end'`.
 */
import { setTimeout } from 'node:timers/promises';
import { Rng } from '@recsys/data';

/** What visitors have got so far. */
export interface Counts {
  readonly answered: number;
  readonly failed: number;
  /** Answers by the version of the model that gave them. */
  readonly versions: Readonly<Record<string, number>>;
  /** The first failures. */
  readonly problems: readonly string[];
}

export type ToVisitors = { readonly items: readonly string[] } | 'count' | 'end';

/** How many ask at the same time, and how long each waits between two requests. */
const [visitors, pauseMs] = [3, 30];

const [, , address] = process.argv;
const rng = new Rng(1);
const [versions, problems]: [Record<string, number>, string[]] = [{}, []];
let items: readonly string[] = [];
let [answered, failed] = [0, 0];
let isEnded = false;

const ask = async (): Promise<void> => {
  const history = Array.from({ length: 1 + rng.below(8) }, () => items[rng.below(items.length)]);
  const answer = await fetch(`${address}/v1/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ history, k: 10 }),
  });
  const body = (await answer.json()) as { items?: unknown[]; modelVersion: string };
  if (answer.status !== 200 || body.items?.length !== 10) throw new Error(`${answer.status} ${JSON.stringify(body)}`);
  versions[body.modelVersion] = (versions[body.modelVersion] ?? 0) + 1;
};

const visit = async (): Promise<void> => {
  while (!isEnded) {
    if (items.length > 0)
      await ask().then(
        () => {
          answered += 1;
        },
        (error: Error) => {
          failed += 1;
          if (problems.length < 10) problems.push(error.message);
        },
      );
    await setTimeout(pauseMs);
  }
};

const ended = Promise.all(Array.from({ length: visitors }, visit));
const send = () => process.send!({ answered, failed, versions, problems } satisfies Counts);
process.on('message', async (message: ToVisitors) => {
  if (message === 'count') send();
  else if (message === 'end') {
    isEnded = true;
    await ended;
    process.disconnect();
  } else items = message.items;
});
