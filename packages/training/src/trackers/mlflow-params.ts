/** Longest value of a param that MLflow takes, in characters. */
const longestValue = 6000;

/** Longest key of a param or metric. */
const longestKey = 250;

/** A param of an MLflow run. */
interface Param {
  readonly key: string;
  readonly value: string;
}

/**
 * Returns the name of a metric or a param as MLflow takes it: `validation/ndcg@10` becomes `validation/ndcg_at_10`, and what its alphabet does not have
 * becomes `_`.
 */
export const mlflowKey = (name: string): string =>
  name
    .replaceAll('@', '_at_')
    .replace(/[^\w./ -]/g, '_')
    .slice(0, longestKey);

/** Returns plain JSON as params: `{ fit: { adam: { beta1: 0.9 } } }` has the key `fit.adam.beta1`. Lists are text; what is too long is cut. */
export const mlflowParams = (config: Readonly<Record<string, unknown>>): Param[] => {
  const params = new Map<string, string>();
  const add = (path: string, value: unknown): void => {
    if (value === undefined) return;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) add(path === '' ? key : `${path}.${key}`, inner);
      return;
    }
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    params.set(mlflowKey(path), text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text);
  };
  add('', config);
  return [...params].map(([key, value]) => ({ key, value }));
};

/** Returns a number as JSON for MLflow, which takes those that JSON does not have by their names. */
export const mlflowNumber = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** Most bytes of a request, with room for what is around the entries. */
const mostBytes = 900_000;

/** Returns entries in groups that fit in a request: at most so many of them, and not too many bytes. */
export const inRequests = <Entry>(entries: readonly Entry[], most: number): Entry[][] => {
  const groups: Entry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const size = Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (bytes + size > mostBytes || groups.at(-1)!.length === most) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(entry);
    bytes += size;
  }
  return groups;
};
