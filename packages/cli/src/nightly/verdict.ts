import type { ModelComparison } from '@recsys/training';
import { formatDifference } from '../reporter.js';

/** When a new model is refused. */
export interface Rules {
  /** A drop of the metric up to this much is let through. */
  readonly allowDrop: number;
  /** Below this p-value, a difference counts. */
  readonly significance: number;
}

/** Whether a new model may take the place of the current one, and why, as a person reads it. */
export interface Verdict {
  readonly isPublished: boolean;
  readonly reason: string;
}

/** Returns whether a model may take the place of another, which is named by `current`: unless it is worse, beyond chance and beyond what is allowed. */
export const verdictOn = (
  { metric, difference: { value }, pValue }: Pick<ModelComparison, 'metric' | 'difference' | 'pValue'>,
  current: string,
  { allowDrop, significance }: Rules,
): Verdict => {
  const figures = `${metric.toUpperCase()} ${formatDifference(value)}, p ${pValue.toFixed(3)}`;
  if (pValue >= significance)
    return { isPublished: true, reason: `no significant difference from ${current} (${figures})` };
  if (value >= 0) return { isPublished: true, reason: `better than ${current} (${figures})` };
  if (value >= -allowDrop)
    return { isPublished: true, reason: `worse than ${current}, but by no more than ${allowDrop} (${figures})` };
  return { isPublished: false, reason: `worse than ${current} (${figures})` };
};
