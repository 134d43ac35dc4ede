import { appendFileSync, writeFileSync } from 'node:fs';
import { Rng } from '@recsys/data';

/** A product of the shop. */
export interface Product {
  readonly id: string;
  readonly category: string;
}

/** A visit of a product page. */
interface ShopEvent {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly user: string;
  readonly product: string;
}

interface ShopOptions {
  seed: number;
  users: number;
  products: number;
}

export const categories = ['shoes', 'shirts', 'bags', 'books', 'games', 'kitchen', 'garden', 'toys'];
const msPerDay = 86_400_000;
const opening = Date.parse('2026-10-01T00:00:00Z');

/** How often a visitor looks on from the newest product, from the one before, and from the one before that. */
const lookBack = [0.5, 0.8, 1];

/**
 * A shop that does not exist, for examples: each day some of its users come by, and four of five views are of one of the three products that go
 * best with one of the last three. The others follow popularity.
 */
export class Shop {
  readonly products: Product[] = [];
  readonly #users: string[] = [];
  readonly #newest = new Map<string, number[]>(); // up to three, newest first
  readonly #companions: number[][] = [];
  readonly #rng: Rng;
  #day = 0; // 1 is the first

  constructor({ seed, users, products }: ShopOptions) {
    this.#rng = new Rng(seed);
    this.#add(users, products);
  }

  /** Returns the events of the next day, in order of time. On it come new users and products. */
  nextDay({ newUsers = 0, newProducts = 0 } = {}): ShopEvent[] {
    this.#day += 1;
    this.#add(newUsers, newProducts);
    const events = this.#users.flatMap((user) => (this.#rng.float() < 0.19 ? this.#visit(user) : []));
    return events.sort((a, b) => a.time - b.time);
  }

  #visit(user: string): ShopEvent[] {
    const views = 1 + this.#rng.below(6);
    let time = opening + (this.#day - 1) * msPerDay + this.#rng.below(msPerDay - views * 600_000);
    return Array.from({ length: views }, () => {
      time += 1 + this.#rng.below(600_000);
      const newest = this.#newest.get(user) ?? [];
      const product = this.#nextProduct(newest);
      this.#newest.set(user, [product, ...newest].slice(0, lookBack.length));
      return { time, user, product: this.products[product].id };
    });
  }

  #nextProduct(newest: readonly number[]): number {
    if (newest.length > 0 && this.#rng.float() < 0.8) {
      const draw = this.#rng.float();
      const back = lookBack.findIndex((share) => draw < share);
      return this.#companions[newest[Math.min(back, newest.length - 1)]][this.#rng.below(3)];
    }
    return Math.floor(this.products.length * this.#rng.float() ** 2); // the first products are the popular ones
  }

  #add(users: number, products: number): void {
    for (let i = 0; i < users; i++) this.#users.push(this.#uuid());
    const before = this.products.length;
    for (let i = before; i < before + products; i++) {
      this.products.push({ id: this.#uuid(), category: categories[this.#rng.below(categories.length)] });
      this.#companions.push([0, 1, 2].map(() => this.#rng.below(before + products)));
      if (before > 0) this.#companions[this.#rng.below(before)][this.#rng.below(3)] = i; // shown beside an older product
    }
  }

  #uuid(): string {
    const hex = [0, 1, 2, 3].map(() => this.#rng.uint32().toString(16).padStart(8, '0')).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join(
      '-',
    );
  }
}

/** Writes events as a CSV file with ISO 8601 times, as a shop exports them. */
export const writeEvents = (path: string, events: readonly ShopEvent[]): void => {
  writeFileSync(path, 'event_time,user_id,product_id\n');
  appendEvents(path, events);
};

/** Appends events to a file of `writeEvents`. */
export const appendEvents = (path: string, events: readonly ShopEvent[]): void => {
  const lines = events.map(({ time, user, product }) => `${new Date(time).toISOString()},${user},${product}\n`);
  appendFileSync(path, lines.join(''));
};

/** Returns events in a random order. */
export const shuffled = (events: readonly ShopEvent[], { seed }: { seed: number }): ShopEvent[] =>
  Array.from(new Rng(seed).shuffle(Int32Array.from(events.keys())), (i) => events[i]);
