import { faultOfAttacks } from './attack.ts';
import { modelAttacks } from './model-attacks.ts';
import { runAttacks } from './run-attacks.ts';

export const hostileModels = faultOfAttacks(
  'a saved model or run directory from a stranger: wrong, huge or endless files, right and wrong checksums, links and paths that lead out',
  [...modelAttacks, ...runAttacks],
);
