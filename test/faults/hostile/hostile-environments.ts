import { faultOfAttacks } from './attack.ts';
import { environmentAttacks } from './environment-attacks.ts';

export const hostileEnvironments = faultOfAttacks(
  'a machine that gets in the way of a command: full and read-only disks, outputs that are no files, closed streams, odd threads, settings and inputs',
  environmentAttacks,
);
