import { MetricsError } from './errors.js';

/**
 * Returns the values of each group, such as users with short and long histories, or targets in the head and the tail of
 * the catalog. The order within a group is kept.
 *
 * @param groups the group of each value.
 * @throws {MetricsError} if the lists differ in length.
 * @example
 * byGroup([1, 0, 1], ['short', 'long', 'short']); // Map { 'short' => [1, 1], 'long' => [0] }
 */
export const byGroup = <Group>(values: ArrayLike<number>, groups: ArrayLike<Group>): Map<Group, Float64Array> => {
  if (values.length !== groups.length)
    throw new MetricsError(
      'bad-input',
      `byGroup: needs a group for each value, got ${groups.length} for ${values.length}`,
    );
  const collected = new Map<Group, number[]>();
  for (let i = 0; i < values.length; i++) {
    const own = collected.get(groups[i]);
    if (own === undefined) collected.set(groups[i], [values[i]]);
    else own.push(values[i]);
  }
  return new Map([...collected].map(([group, own]) => [group, Float64Array.from(own)]));
};
