import { faultOfAttacks } from './attack.ts';
import { dataAttacks } from './data-attacks.ts';

export const hostileData = faultOfAttacks(
  'data that somebody has made to harm: endless and deep lines, broken text, bombs, damaged columns, terminal escapes, servers that stall, lie or redirect',
  dataAttacks,
);
