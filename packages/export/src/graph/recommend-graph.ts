import { type BlockParts, wirings } from '@recsys/layers';
import type { Dimension, GraphWriter, Value } from './graph-writer.js';
import type { SASRecParts, Weight } from './sasrec-parts.js';

/** Outputs of a graph. */
export const outputNames = ['top_scores', 'top_items', 'user_vector'] as const;

/** The values that a graph computes, in the order of `outputNames`. */
type RecommendGraph = readonly [topScores: Value, topItems: Value, userVector: Value];

/** The inputs of a graph as values. */
interface Inputs {
  /** Integers `[batch, length]`: 1 .. numItems, padded with 0 on the left. */
  readonly history: Value;
  /** Integer `[1]`. */
  readonly k: Value;
}

/**
 * Writes a SASRec: histories to states, scores of all items, and the best k. As `SASRec.encodeNewest` and `recommend` compute them, for padded
 * histories.
 *
 * Letters: B histories, T items of each that the model sees, U hiddenUnits, N items.
 */
export const recommendGraph = (
  g: GraphWriter,
  parts: SASRecParts,
  { history, k }: Inputs,
  { excludeSeen }: { excludeSeen: boolean },
): RecommendGraph => {
  const scalar = (name: string, value: number) => g.constant(name, Float32Array.of(value), []);
  const integer = (name: string, value: number) => g.constant(name, Int32Array.of(value), [1]);
  const weight = (name: string, { values, shape }: Weight) => g.constant(name, values, shape);
  const { units, numItems } = parts;

  const vectors = weight('item_vectors', parts.inputVectors); // [N + 1, U]
  const user = encode(vectors); // [B, U]
  const compared = parts.outputVectors ? weight('output_vectors', parts.outputVectors) : vectors;
  let scores = g.matMulTransposed(user, compared); // [B, N + 1]
  if (parts.inverseLengths) scores = g.multiply(scores, weight('inverse_lengths', parts.inverseLengths));

  const pad = g.multiply(g.last(history, 1, 1), integer('zero', 0)); // [B, 1]: column 0 is never an item
  const excluded = excludeSeen ? g.joinColumns(history, pad) : pad;
  const atMost = g.smallerInteger(k, integer('num_items', numItems));
  const [topScores, topItems] = g.topK(g.exclude(scores, excluded), atMost);
  return [topScores, topItems, user];

  /** Returns the state after the newest item of each history, `[B, U]`. */
  function encode(vectors: Value): Value {
    const { maxLength, numBlocks } = parts;
    const seen = g.last(history, maxLength, 1); // [B, T]
    const time = g.sizeOf(seen, 1);
    let x = g.multiply(g.gather(vectors, seen), scalar('embedding_scale', Math.sqrt(units))); // [B, T, U]
    if (parts.positions) x = g.add(x, g.last(weight('positions', parts.positions), time, 0));
    x = g.reshape(x, [-1, units]); // [B · T, U], as all layers have it

    const isItem = g.reshape(g.isNotZero(seen), [-1, 1, 1, time]); // [B, 1, 1, T]: pads are not attended to
    const places = g.last(
      g.constant(
        'places',
        Int32Array.from({ length: maxLength }, (_, i) => i),
        [maxLength],
      ),
      time,
      0,
    ); // [T]
    const isBefore = g.isAtLeast(g.reshape(places, [-1, 1]), places); // [T, T]
    const causal = g.and(isItem, isBefore); // [B, 1, T, T]

    const newestOf = (x: Value) => g.reshape(g.last(g.reshape(x, [-1, time, units]), 1, 1), [-1, units]); // [B, U]
    for (let i = 0; i < numBlocks; i++) {
      const isLast = i === numBlocks - 1;
      const block = blockParts(`block${i}`, { time, queries: isLast ? 1 : time, mask: isLast ? isItem : causal });
      x = wirings[parts.wiring](block, x, isLast ? newestOf(x) : x);
    }
    if (numBlocks === 0) x = newestOf(x);
    return ofLength(norm('finalNorm', x), parts.stateLength);
  }

  /** Returns rows at this length. */
  function ofLength(x: Value, length: number | undefined): Value {
    if (length === undefined) return x;
    const norms = g.larger(g.squareRoot(g.sumLast(g.multiply(x, x))), scalar('smallest_length', 1e-6)); // [B, 1]
    return g.multiply(x, g.divide(scalar('state_length', length), norms));
  }

  function norm(name: string, x: Value): Value {
    const [gamma, beta] = ['gamma', 'beta'].map((part) => named(`${name}.${part}`));
    return g.layerNorm(x, gamma, beta, parts.normEpsilon);
  }

  /** A dense layer, with a bias if it has one. */
  function dense(name: string, x: Value): Value {
    const kernel = named(`${name}.kernel`);
    return parts.has(`${name}.bias`) ? g.dense(x, kernel, named(`${name}.bias`)) : g.matMul(x, kernel);
  }

  /** Returns the hidden layer of a feed-forward network. */
  function hiddenLayer(name: string, x: Value): Value {
    const inner = dense(`${name}.inner`, x);
    switch (parts.activation) {
      case 'relu':
        return g.relu(inner);
      case 'gelu': {
        const erf = g.errorFunction(g.multiply(inner, scalar('square_root_of_half', Math.SQRT1_2)));
        return g.multiply(inner, g.multiply(g.add(erf, scalar('one', 1)), scalar('half', 0.5)));
      }
      case 'silu':
        return g.multiply(inner, g.sigmoid(inner));
      case 'swiglu':
        return g.multiply(g.multiply(inner, g.sigmoid(inner)), dense(`${name}.linear`, x));
    }
  }

  function named(name: string): Value {
    return weight(name, parts.weight(name));
  }

  /** Returns the parts of a block, whose queries are all tokens or one for each history. */
  function blockParts(
    name: string,
    { time, queries, mask }: { time: Value; queries: Dimension; mask: Value },
  ): BlockParts<Value> {
    const { numHeads, residuals } = parts;
    const width = units / numHeads;
    const heads = (x: Value, length: Dimension, order: readonly number[]) =>
      g.transpose(g.reshape(x, [-1, length, numHeads, width]), order);
    const add = (x: Value, y: Value) => (residuals ? g.add(x, y) : y);
    const feedForward = (x: Value) => dense(`${name}.ffn.outer`, hiddenLayer(`${name}.ffn`, x));
    const gate = (part: string) => (x: Value, y: Value) =>
      add(x, g.multiply(g.sigmoid(dense(`${name}.${part}`, x)), y));
    const [first, second] = parts.wiring === 'shared-norm' ? ['norm', 'norm'] : ['attentionNorm', 'ffnNorm'];
    return {
      attention: (query, key, value) => {
        const own = `${name}.attention`;
        const scaled = g.multiply(dense(`${own}.query`, query), scalar('attention_scale', 1 / Math.sqrt(width)));
        const q = heads(scaled, queries, [0, 2, 1, 3]); // [B, heads, queries, width]
        const k = heads(dense(`${own}.key`, key), time, [0, 2, 3, 1]); // [B, heads, width, T]
        const v = heads(dense(`${own}.value`, value), time, [0, 2, 1, 3]); // [B, heads, T, width]
        const weights = g.softmax(g.choose(mask, g.matMul(q, k), scalar('not_attended', -1e9)));
        const attended = g.reshape(g.transpose(g.matMul(weights, v), [0, 2, 1, 3]), [-1, units]);
        return parts.has(`${own}.output.kernel`) ? dense(`${own}.output`, attended) : attended;
      },
      feedForward,
      addFeedForward: (x, y) => add(x, feedForward(y)),
      norm1: (x) => norm(`${name}.${first}`, x),
      norm2: (x) => norm(`${name}.${second}`, x),
      add,
      gate1: gate('attentionGate'),
      gate2: gate('ffnGate'),
    };
  }
};
