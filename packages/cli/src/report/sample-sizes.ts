/** Returns how many targets are tested by default: all, unless that would take more than about a minute. */
export const targetsFor = (items: number): number => Math.max(1000, Math.min(20_000, Math.floor(2e9 / items)));

/** Returns how many histories all items are scored for. */
export const scoredFor = (items: number): number => Math.max(50, Math.min(2000, Math.floor(1e8 / items)));
