import { userIds } from '../table/id-map.js';
import type { UserSequences } from './user-sequences.js';

/** Returns the sequences of several parts with one catalog as one, users after users; a single part as it is. */
export const joinSequences = (parts: readonly UserSequences[]): UserSequences => {
  const [first] = parts;
  if (parts.length === 1) return first;
  const users = parts.reduce((sum, { ends }) => sum + ends.length, 0);
  const size = parts.reduce((sum, { items }) => sum + items.length, 0);
  const [offsets, ends, items] = [new Uint32Array(users + 1), new Uint32Array(users), new Int32Array(size)];
  const timestamps = first.timestamps && new Float64Array(size);
  let [user, at] = [0, 0];
  for (const part of parts) {
    for (let own = 0; own < part.ends.length; own++) {
      offsets[user + own] = at + part.offsets[own];
      ends[user + own] = at + part.ends[own];
    }
    items.set(part.items, at);
    timestamps?.set(part.timestamps!, at);
    user += part.ends.length;
    at += part.items.length;
  }
  offsets[users] = at;
  return {
    ...first,
    offsets,
    ends,
    items,
    ...(timestamps && { timestamps }),
    users: userIds(parts.flatMap((part) => [...part.users.ids])),
  };
};

/** Returns a copy of the sequences of some users, in this order; a user may be there more than once. */
export const takeUsers = (
  { offsets: from, ends: to, items: all, timestamps: times, ...rest }: UserSequences,
  users: Uint32Array,
): UserSequences => {
  const offsets = new Uint32Array(users.length + 1);
  users.forEach((user, i) => {
    offsets[i + 1] = offsets[i] + to[user] - from[user];
  });
  const items = new Int32Array(offsets[users.length]);
  const timestamps = times && new Float64Array(items.length);
  users.forEach((user, i) => {
    items.set(all.subarray(from[user], to[user]), offsets[i]);
    timestamps?.set(times!.subarray(from[user], to[user]), offsets[i]);
  });
  return {
    ...rest,
    offsets,
    ends: offsets.subarray(1),
    items,
    ...(timestamps && { timestamps }),
    users: userIds(Array.from(users, (user) => rest.users.ids[user])),
  };
};
