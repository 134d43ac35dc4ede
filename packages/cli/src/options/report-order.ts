import { countTies, describeOrder, type InteractionOrder, type Interactions, type UserSequences } from '@recsys/data';
import { formatCount, indent, type Reporter } from '../reporter.js';

/** What puts the interactions of a source in order. */
export interface DataOrder extends InteractionOrder {
  /** The same in words. */
  readonly text: string;
  /** Number of interactions that share a time with another of the same user; absent if it was not counted. */
  readonly ties?: number;
  readonly interactions: number;
}

/** Returns what puts interactions in order, and counts ties if there are sequences. */
export const orderOf = (interactions: Interactions, sequences?: UserSequences): DataOrder => ({
  ...interactions.order,
  text: describeOrder(interactions),
  interactions: interactions.size,
  // Where times are finer than what is kept of them, equal ones need not be ties.
  ...(sequences !== undefined && interactions.order.finer === undefined && { ties: countTies(sequences) }),
});

/** Reports what puts the interactions of a source in order, and the ties, if there are any. */
export const reportOrder = (reporter: Reporter, { text, ties, interactions, ...order }: DataOrder): void => {
  const remark = `${formatCount(ties ?? 0)} of ${formatCount(interactions)} interactions share a time with another of the same user; they stay in file order`;
  reporter.report(
    'order',
    text,
    { ...order, description: text, ...(ties !== undefined && { ties }) },
    { lines: ties === undefined || ties === 0 ? [] : [`${indent}${remark}`] },
  );
};
