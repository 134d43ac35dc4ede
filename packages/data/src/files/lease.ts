import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The shortest and longest lease, in milliseconds: a file of someone else must not make others wait for long. */
export const [shortestLease, longestLease] = [100, 300_000];

/** How long a mark without a lease counts: one whose process ended, or stands still, between creating and writing it. */
const graceMs = 1000;

/** What a mark says: a token of its owner, the length of the lease in milliseconds, and how often it was renewed. */
const marked = /^([0-9a-f-]{36}) (\d{1,6}) \d+$/;

/** Reads a mark as text; undefined if there is none. What is no file, such as a folder, has the text ''. */
export const readMark = async (path: string): Promise<string | undefined> => {
  try {
    if (!(await lstat(path)).isFile()) return '';
    // A new open asks the server of a network disk; a size or time may be of before.
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(100), position: 0 });
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return '';
  }
};

/**
 * Watches a mark for as long as its lease, by the clock of this process alone: the clocks of two machines may differ.
 *
 * @returns the text of a mark that nobody renews; undefined as soon as it is renewed.
 */
export const watchMark = async (path: string): Promise<string | undefined> => {
  const text = (await readMark(path)) ?? '';
  const lease = Math.min(Number(marked.exec(text)?.[2] ?? graceMs), longestLease);
  const end = performance.now() + lease;
  for (;;) {
    const isLast = performance.now() >= end;
    const now = await readMark(path);
    if (now !== undefined && now !== text) return undefined;
    if (isLast || now === undefined) return text;
    await sleep(Math.min(lease / 10, 1000));
  }
};

/** A mark of this process, which is renewed until it is removed. */
export class Lease {
  readonly #path: string;
  readonly #token = randomUUID();
  readonly #leaseMs: number;
  readonly #renewal: NodeJS.Timeout;
  #renewed = 0;

  private constructor(path: string, leaseMs: number) {
    this.#path = path;
    this.#leaseMs = leaseMs;
    // A mark that cannot be renewed is taken over: `isHeld` says so.
    this.#renewal = setInterval(() => this.#renew().catch(() => undefined), leaseMs / 6).unref();
  }

  /** Creates a mark; fails with `EEXIST` if there is one. */
  static async create(path: string, leaseMs: number): Promise<Lease> {
    const file = await open(path, 'wx');
    const lease = new Lease(path, leaseMs);
    try {
      await file.write(lease.#text(), 0);
    } finally {
      await file.close();
    }
    return lease;
  }

  /** Returns whether the mark still is this one. */
  async isHeld(): Promise<boolean> {
    return (await readMark(this.#path))?.startsWith(this.#token) ?? false;
  }

  /** Removes the mark, unless it is no longer this one. */
  async release(): Promise<void> {
    clearInterval(this.#renewal);
    if (await this.isHeld()) await rm(this.#path, { force: true });
  }

  /** Writes into the file that is there, and never creates one: a mark that was taken away stays away. */
  async #renew(): Promise<void> {
    if (!(await this.isHeld())) return;
    this.#renewed += 1;
    const file = await open(this.#path, 'r+');
    try {
      await file.write(this.#text(), 0);
    } finally {
      await file.close();
    }
  }

  /** Of one length, so that no reader finds half of it. */
  #text(): string {
    return `${this.#token} ${String(this.#leaseMs).padStart(6, '0')} ${String(this.#renewed).padStart(12, '0')}`;
  }
}
