/**
 * Returns whether a value is a map of item ids with an item in it, as a model needs.
 *
 * @example
 * isCatalog(split.catalog); // true
 */
export const isCatalog = (value: unknown): boolean => {
  const { ids, first } = (value ?? {}) as { ids?: unknown; first?: unknown };
  return Array.isArray(ids) && first === 1 && ids.length > 0;
};

/** What is said of any other value. */
export const catalogProblem = 'must be a non-empty map of item ids, such as split.catalog';
