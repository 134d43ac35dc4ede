import { faultOfAttacks } from './attack.ts';
import { trainingAttacks } from './training-attacks.ts';

export const hostileTraining = faultOfAttacks(
  'a machine that gets in the way of training: signals, disks that fail at one operation, limits, closed streams, other processes, odd clocks; the training is resumed afterwards and ends bit for bit as one without a fault',
  trainingAttacks,
);
