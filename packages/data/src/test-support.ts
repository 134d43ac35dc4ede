import type { UserSequences } from './sequences/user-sequences.js';
import { itemIds, userIds } from './table/id-map.js';

/** Sequences of inside item numbers, one array a user; users and items are called 'u0', 'i1', … */
export const sequencesOf = (numItems: number, ...users: number[][]): UserSequences => {
  const offsets = new Uint32Array(users.length + 1);
  users.forEach((items, u) => {
    offsets[u + 1] = offsets[u] + items.length;
  });
  return {
    offsets,
    ends: offsets.subarray(1),
    items: Int32Array.from(users.flat()),
    users: userIds(users.map((_, u) => `u${u}`)),
    catalog: itemIds(Array.from({ length: numItems }, (_, i) => `i${i + 1}`)),
  };
};
