/** Scores, ranks or options that no metric is defined for, with the value in the message. */
export class MetricsError extends Error {
  override readonly name: string = 'MetricsError';
}

/** @throws {MetricsError} unless k is an integer of at least 1. */
export const assertK = (where: string, k: number): void => {
  if (!Number.isSafeInteger(k) || k < 1) throw new MetricsError(`${where}: k must be an integer >= 1, got ${k}`);
};
