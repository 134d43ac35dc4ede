import { type AttributeProto, AttributeProto_AttributeType, type TensorProto, TensorProto_DataType } from 'onnx-buf';
import type { Dimension, GraphWriter, Value } from '../graph/index.js';

/** What protobuf takes for a message: its fields, without the name of its type. */
type Fields<Message> = Partial<Omit<Message, '$typeName' | '$unknown'>>;

interface OnnxNode {
  readonly opType: string;
  readonly name: string;
  readonly input: string[];
  readonly output: string[];
  readonly attribute: Fields<AttributeProto>[];
}

/** Attributes as they are written here: integers, lists of integers and floats. */
type Attributes = Readonly<Record<string, number | readonly number[] | { float: number }>>;

/** After any index along an axis. */
const theEnd = 2 ** 31 - 1;

/** Writes nodes of opset 17; integers are int64. */
export class OnnxWriter implements GraphWriter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Fields<TensorProto>[] = [];
  readonly #constants = new Set<string>();

  constant(name: string, values: Float32Array | Int32Array, shape: readonly number[]): Value {
    if (this.#constants.has(name)) return name as Value;
    this.#constants.add(name);
    const isFloat = values instanceof Float32Array;
    const stored = isFloat ? values : BigInt64Array.from(values, BigInt);
    this.initializers.push({
      name,
      dims: shape.map(BigInt),
      dataType: isFloat ? TensorProto_DataType.FLOAT : TensorProto_DataType.INT64,
      rawData: new Uint8Array(stored.buffer as ArrayBuffer, stored.byteOffset, stored.byteLength),
    });
    return name as Value;
  }

  add = (x: Value, y: Value) => this.#node('Add', [x, y]);
  multiply = (x: Value, y: Value) => this.#node('Mul', [x, y]);
  divide = (x: Value, y: Value) => this.#node('Div', [x, y]);
  larger = (x: Value, y: Value) => this.#node('Max', [x, y]);
  smallerInteger = (x: Value, y: Value) => this.#node('Min', [x, y]);
  squareRoot = (x: Value) => this.#node('Sqrt', [x]);
  sigmoid = (x: Value) => this.#node('Sigmoid', [x]);
  errorFunction = (x: Value) => this.#node('Erf', [x]);

  isAtLeast = (x: Value, y: Value) => this.#node('GreaterOrEqual', [x, y]);
  isNotZero = (x: Value) => this.#node('Not', [this.#node('Equal', [x, this.#integers([0])])]);
  and = (x: Value, y: Value) => this.#node('And', [x, y]);
  choose = (condition: Value, x: Value, y: Value) => this.#node('Where', [condition, x, y]);

  sizeOf = (x: Value, axis: number) => this.#node('Shape', [x], { start: axis, end: axis + 1 });
  reshape = (x: Value, shape: readonly Dimension[]) => this.#node('Reshape', [x, this.#shape(shape)]);
  transpose = (x: Value, order: readonly number[]) => this.#node('Transpose', [x], { perm: order });
  last = (x: Value, count: Dimension, axis: number) => {
    const start = typeof count === 'number' ? this.#integers([-count]) : this.#node('Neg', [count]);
    return this.#node('Slice', [x, start, this.#integers([theEnd]), this.#integers([axis])]);
  };
  joinColumns = (x: Value, y: Value) => this.#node('Concat', [x, y], { axis: 1 });
  gather = (table: Value, indices: Value) => this.#node('Gather', [table, indices], { axis: 0 });

  matMul = (x: Value, y: Value) => this.#node('MatMul', [x, y]);
  matMulTransposed = (x: Value, y: Value) => this.#node('Gemm', [x, y], { transB: 1 });
  dense = (x: Value, kernel: Value, bias: Value) => this.#node('Gemm', [x, kernel, bias]);
  relu = (x: Value) => this.#node('Relu', [x]);
  sumLast = (x: Value) => this.#node('ReduceSum', [x, this.#integers([-1])], { keepdims: 1 });
  softmax = (x: Value) => this.#node('Softmax', [x], { axis: -1 });
  layerNorm = (x: Value, gamma: Value, beta: Value, epsilon: number) =>
    this.#node('LayerNormalization', [x, gamma, beta], { axis: -1, epsilon: { float: epsilon } });

  exclude = (scores: Value, columns: Value) => {
    const excluded = this.constant('excluded', Float32Array.of(Number.NEGATIVE_INFINITY), [1]);
    const updates = this.#node('Expand', [excluded, this.#node('Shape', [columns])]);
    return this.#node('ScatterElements', [scores, columns, updates], { axis: 1 });
  };
  topK = (scores: Value, k: Value) => {
    const values = this.#node('TopK', [scores, k], { axis: -1, largest: 1, sorted: 1 }, 2);
    return [values, `${values}_1` as Value] as const;
  };

  /** Gives a value the name of an output. */
  output(value: Value, name: string): void {
    this.#node('Identity', [value], {}, 1, name);
  }

  #integers(values: readonly number[]): Value {
    return this.constant(`integers_${values.join('_')}`, Int32Array.from(values), [values.length]);
  }

  #shape(shape: readonly Dimension[]): Value {
    if (shape.every((size) => typeof size === 'number')) return this.#integers(shape);
    const sizes = shape.map((size) => (typeof size === 'number' ? this.#integers([size]) : size));
    return this.#node('Concat', sizes, { axis: 0 });
  }

  /** Adds a node and returns its first output; the others have its name with a number. */
  #node(opType: string, input: readonly Value[], attributes: Attributes = {}, outputs = 1, as?: string): Value {
    const name = as ?? `${opType}_${this.nodes.length}`;
    const output = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}_${i}`));
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    this.nodes.push({ opType, name, input: [...input], output, attribute });
    return name as Value;
  }
}

const attributeOf = (name: string, value: Attributes[string]): Fields<AttributeProto> => {
  if (typeof value === 'number') return { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) };
  if ('float' in value) return { name, type: AttributeProto_AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) };
};
