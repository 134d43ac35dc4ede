import { describe, expect, it } from 'vitest';
import { canFillDisk } from './disk-full.ts';
import { faults } from './faults.ts';

describe('faults, a few of each kind (pnpm faults causes many)', () => {
  for (const [name, { short, run }] of Object.entries(faults)) {
    const isPossible = name !== 'disk-full' || canFillDisk();
    it.skipIf(!isPossible)(
      `${name}${isPossible ? '' : ' (skipped: this system cannot mount file systems)'}`,
      async () => {
        const { tried, losses } = await run(short, () => {});
        expect(losses).toEqual([]);
        expect(tried).toBeGreaterThan(0);
      },
      180_000,
    );
  }
});
