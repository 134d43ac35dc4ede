import type { Dimension, GraphWriter, Value } from '../graph/index.js';

/** A node as `model.json` has it: protobuf's NodeDef as JSON. */
interface TfjsNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, object>>;
}

interface TfjsWeight {
  readonly name: string;
  readonly values: Float32Array | Int32Array;
  readonly shape: number[];
}

/** Writes nodes of TensorFlow, as tfjs runs them; integers are int32. */
export class TfjsWriter implements GraphWriter {
  readonly nodes: TfjsNode[] = [];
  readonly weights = new Map<string, TfjsWeight>();

  /** Adds an input. */
  input(name: string, shape: readonly number[]): Value {
    const dim = shape.map((size) => ({ size: String(size) }));
    this.nodes.push({ name, op: 'Placeholder', attr: { dtype: { type: 'DT_INT32' }, shape: { shape: { dim } } } });
    return name as Value;
  }

  constant(name: string, values: Float32Array | Int32Array, shape: readonly number[]): Value {
    if (!this.weights.has(name)) {
      this.weights.set(name, { name, values, shape: [...shape] });
      this.nodes.push({
        name,
        op: 'Const',
        attr: { dtype: { type: values instanceof Float32Array ? 'DT_FLOAT' : 'DT_INT32' } },
      });
    }
    return name as Value;
  }

  add = (x: Value, y: Value) => this.#node('AddV2', [x, y]);
  multiply = (x: Value, y: Value) => this.#node('Mul', [x, y]);
  divide = (x: Value, y: Value) => this.#node('RealDiv', [x, y]);
  larger = (x: Value, y: Value) => this.#node('Maximum', [x, y]);
  smallerInteger = (x: Value, y: Value) => this.#node('Minimum', [x, y]);
  squareRoot = (x: Value) => this.#node('Sqrt', [x]);
  sigmoid = (x: Value) => this.#node('Sigmoid', [x]);
  errorFunction = (x: Value) => this.#node('Erf', [x]);

  isAtLeast = (x: Value, y: Value) => this.#node('GreaterEqual', [x, y]);
  isNotZero = (x: Value) => this.#node('NotEqual', [x, this.#integers([0])]);
  and = (x: Value, y: Value) => this.#node('LogicalAnd', [x, y]);
  choose = (condition: Value, x: Value, y: Value) => this.#node('SelectV2', [condition, x, y]);

  sizeOf = (x: Value, axis: number) =>
    this.#slice(this.#node('Shape', [x]), this.#integers([axis]), this.#integers([axis + 1]));
  reshape = (x: Value, shape: readonly Dimension[]) => this.#node('Reshape', [x, this.#shape(shape)]);
  transpose = (x: Value, order: readonly number[]) => this.#node('Transpose', [x, this.#integers(order)]);
  last = (x: Value, count: Dimension, axis: number) => {
    const before = Array.from({ length: axis }, () => 0);
    const start = typeof count === 'number' ? this.#integers([...before, -count]) : this.#node('Neg', [count]);
    const all = 2 ** (axis + 1) - 1; // a bit for each axis whose end is that of the tensor
    return this.#slice(x, start, this.#integers([...before, 0]), all);
  };
  joinColumns = (x: Value, y: Value) =>
    this.#node('ConcatV2', [x, y, this.#integers([1])], { N: { i: '2' }, T: { type: 'DT_INT32' } });
  gather = (table: Value, indices: Value) => this.#node('GatherV2', [table, indices, this.#integers([0])]);

  matMul = (x: Value, y: Value) => this.#node('BatchMatMulV2', [x, y], { adj_x: { b: false }, adj_y: { b: false } });
  matMulTransposed = (x: Value, y: Value) =>
    this.#node('MatMul', [x, y], { transpose_a: { b: false }, transpose_b: { b: true } });
  dense = (x: Value, kernel: Value, bias: Value) => this.add(this.matMul(x, kernel), bias);
  relu = (x: Value) => this.#node('Relu', [x]);
  sumLast = (x: Value) => this.#node('Sum', [x, this.#integers([-1])], { keep_dims: { b: true } });
  softmax = (x: Value) => this.#node('Softmax', [x]);
  layerNorm = (x: Value, gamma: Value, beta: Value, epsilon: number) => {
    const mean = (x: Value) => this.#node('Mean', [x, this.#integers([-1])], { keep_dims: { b: true } });
    const centered = this.#node('Sub', [x, mean(x)]);
    const variance = mean(this.multiply(centered, centered));
    const added = this.add(variance, this.constant('norm_epsilon', Float32Array.of(epsilon), []));
    return this.add(this.multiply(this.multiply(centered, this.#node('Rsqrt', [added])), gamma), beta);
  };

  exclude = (scores: Value, columns: Value) => {
    const rows = this.sizeOf(columns, 0);
    const zeros = this.multiply(columns, this.#integers([0])); // [rows, count]
    const range = this.#node('Range', [this.#integers([0]), rows, this.#integers([1])], { Tidx: { type: 'DT_INT32' } });
    const ownRows = this.add(zeros, this.reshape(range, [-1, 1]));
    const pairs = this.#node('Pack', [ownRows, columns], { axis: { i: '2' }, N: { i: '2' } });
    const excluded = this.constant('excluded', Float32Array.of(Number.NEGATIVE_INFINITY), [1]);
    const updates = this.gather(excluded, this.reshape(zeros, [-1])); // [rows · count]
    return this.#node('TensorScatterUpdate', [scores, this.reshape(pairs, [-1, 2]), updates]);
  };
  topK = (scores: Value, k: Value) => {
    const values = this.#node('TopKV2', [scores, k], { sorted: { b: true } });
    return [values, `${values}:1` as Value] as const;
  };

  /** Gives a value the name of an output. */
  output(value: Value, name: string): void {
    this.nodes.push({ name, op: 'Identity', input: [value], attr: {} });
  }

  #integers(values: readonly number[]): Value {
    return this.constant(`integers_${values.join('_')}`, Int32Array.from(values), [values.length]);
  }

  #shape(shape: readonly Dimension[]): Value {
    if (shape.every((size) => typeof size === 'number')) return this.#integers(shape);
    const sizes = shape.map((size) => (typeof size === 'number' ? this.#integers([size]) : size));
    return this.#node('ConcatV2', [...sizes, this.#integers([0])], { N: { i: String(sizes.length) } });
  }

  /** x from `start` to `end`; to the end of the tensor along the axes of `endMask`. */
  #slice(x: Value, start: Value, end: Value, endMask = 0): Value {
    const axes = this.weights.get(end)!.values.length;
    const steps = this.#integers(Array.from({ length: axes }, () => 1));
    return this.#node('StridedSlice', [x, start, end, steps], { end_mask: { i: String(endMask) } });
  }

  #node(op: string, input: readonly Value[], attr: Readonly<Record<string, object>> = {}): Value {
    const name = `${op}_${this.nodes.length}`;
    this.nodes.push({ name, op, input: [...input], attr });
    return name as Value;
  }
}
