/**
 * A program: visitors of a service, each of whom does one thing after the other until standard input ends: an event, which is sent again with its id
 * until it is answered; the list for that user; the list for a history. Prints what was answered, a JSON object per line.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Rng } from '@recsys/data';
import { ask } from './ask.ts';

export interface VisitorSettings {
  readonly address: string;
  readonly items: readonly string[];
  readonly visitors: number;
  /** Events of a user before the visitor becomes another one; fewer than the store keeps. */
  readonly eventsOfUser: number;
  /** Ms between two things. */
  readonly pause: number;
  readonly seed: number;
  /** Start of the names of users. */
  readonly prefix: string;
}

/** What a visitor saw. */
export type Seen =
  | { readonly type: 'event'; readonly user: string; readonly item: string }
  | {
      readonly type: 'list';
      readonly history: readonly string[];
      readonly items: readonly { readonly item: string; readonly score: number }[];
      readonly version: string;
    }
  /** 503 or no connection, which is what a fault may lead to. */
  | { readonly type: 'refused' }
  | { readonly type: 'wrong'; readonly problem: string };

const say = (seen: Seen): void => {
  process.stdout.write(`${JSON.stringify(seen)}\n`);
};

let isOver = false;

const visit = async (name: string, { address, items, eventsOfUser, pause }: VisitorSettings, rng: Rng) => {
  const anyItem = () => items[rng.below(items.length)];
  const list = async (request: object, history: readonly string[]) => {
    const { status, body } = await ask(`${address}/v1/recommend`, { ...request, k: 10 });
    if (status === 200) say({ type: 'list', history, items: body.items, version: body.modelVersion });
    else if (status === 503 || status === 0) say({ type: 'refused' });
    else say({ type: 'wrong', problem: `a list: ${status} ${JSON.stringify(body)}` });
  };
  for (let person = 0; !isOver; person++) {
    const user = `${name}-${person}`;
    const history: string[] = [];
    while (history.length < eventsOfUser && !isOver) {
      const item = anyItem();
      const event = { user, item, time: history.length, id: `${user}-${history.length}` };
      for (;;) {
        const { status, body } = await ask(`${address}/v1/events`, event);
        if (status === 200) break;
        if (status === 503 || status === 0) say({ type: 'refused' });
        else say({ type: 'wrong', problem: `an event: ${status} ${JSON.stringify(body)}` });
        await sleep(100);
      }
      history.push(item);
      say({ type: 'event', user, item });
      await list({ user }, history);
      const other = Array.from({ length: 1 + rng.below(20) }, anyItem);
      await list({ history: other }, other);
      await sleep(pause);
    }
  }
};

const settings = JSON.parse(process.argv[2]) as VisitorSettings;
process.stdin.on('end', () => {
  isOver = true;
});
process.stdin.resume();
await Promise.all(
  Array.from({ length: settings.visitors }, (_, i) =>
    visit(`${settings.prefix}-${i}`, settings, new Rng(settings.seed, i)),
  ),
);
process.exit(0);
