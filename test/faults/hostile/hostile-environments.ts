import { faultOfAttacks } from './attack.ts';
import { environmentAttacks } from './environment-attacks.ts';
import { trainingAttacks } from './training-attacks.ts';

export const hostileEnvironments = faultOfAttacks(
  'a machine that gets in the way: signals, failing and full disks, limits, closed streams, other processes, odd clocks, threads and settings; a training is resumed afterwards and ends bit for bit as one without a fault',
  [...trainingAttacks, ...environmentAttacks],
);
