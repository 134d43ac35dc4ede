import { describe, it } from 'vitest';
import { logUniformNegatives } from '../index.js';
import { sequencesOf } from '../test-support.js';
import { drawCounts, expectShares } from './test-draws.js';

// item 1 four times, 2 twice, 3, 4 and 5 once, 6 never; the last user has item 5 alone
const sequences = sequencesOf(6, [1, 2, 1], [1, 3, 4, 2, 1], [5]);

describe('logUniformNegatives', () => {
  it('draws by popularity rank, as log-uniform candidates are', () => {
    const weights = [0, ...[0, 1, 2, 3].map((rank) => Math.log((rank + 2) / (rank + 1))), 0, Math.log(7 / 6)];
    expectShares(drawCounts(logUniformNegatives(sequences), { user: 2, draws: 20_000, numItems: 6 }), weights, 18.5); // 4 degrees
  });
});
