import { z } from 'zod';

/** Integers and ranges that options use again and again. */
export const positiveInteger = z.int().min(1);
export const nonNegative = z.number().min(0);
export const cutoffs = z.array(positiveInteger).min(1);
