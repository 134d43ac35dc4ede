import { modelArtifacts, type SequentialModel } from '@recsys/model';
import { io, util } from '@tensorflow/tfjs-core';
import { ExportError } from '../errors.js';

/** What the header says of a tensor. */
interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the end of the header. */
  readonly data_offsets: readonly [begin: number, end: number];
}

const dtypes = { float32: 'F32', int32: 'I32' } as const;
const tfjsDtypes: Readonly<Record<string, 'float32' | 'int32'>> = { F32: 'float32', I32: 'int32' };

/** Bytes of the length of the header, which begins the file. */
const lengthBytes = 8;
/** As the readers of the format have it. */
const mostHeaderBytes = 100_000_000;

/**
 * Returns a model of any kind as a safetensors file: its weights by their names in a checkpoint, features of items included, with the kind of
 * model, its configuration and the item ids as JSON in `__metadata__.recsys`. Row i of a table of items is the item
 * `config.catalog.ids[i - 1]`; row 0 is the pad.
 *
 * @param model borrowed.
 * @throws {ExportError} `too-large` when configuration and ids take more than 100 MB, the most that readers of the format accept.
 * @example
 * await writeFile('movies.safetensors', await toSafetensors(model));
 */
export const toSafetensors = async (model: SequentialModel): Promise<Uint8Array> => {
  const { weightSpecs = [], weightData, userDefinedMetadata } = await modelArtifacts(model);
  const header: Record<string, unknown> = { __metadata__: { recsys: JSON.stringify(userDefinedMetadata!.recsys) } };
  let end = 0;
  for (const { name, shape, dtype } of weightSpecs) {
    const begin = end;
    end += 4 * util.sizeFromShape(shape);
    header[name] = { dtype: dtypes[dtype as keyof typeof dtypes], shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / 8) * 8; // spaces after the JSON, so that the weights are aligned
  if (length > mostHeaderBytes)
    throw new ExportError(
      'too-large',
      `toSafetensors: configuration and item ids take ${length} bytes; the format holds ${mostHeaderBytes}`,
    );
  const file = new Uint8Array(lengthBytes + length + end).fill(0x20, lengthBytes, lengthBytes + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, lengthBytes);
  file.set(new Uint8Array(io.CompositeArrayBuffer.join(weightData)), lengthBytes + length);
  return file;
};

/**
 * Returns what `toSafetensors` wrote as artifacts of tfjs, from which models load.
 *
 * @param file the bytes of the file; borrowed.
 * @throws {ExportError} `damaged` when it is cut short or altered, or no model is in it.
 * @example
 * const artifacts = fromSafetensors(await readFile('movies.safetensors'));
 * const model = await SASRec.load({ load: async () => artifacts });
 */
export const fromSafetensors = (file: Uint8Array): io.ModelArtifacts => {
  const { header, data } = opened(file);
  const { __metadata__: metadata, ...entries } = header;
  const text = (metadata as { recsys?: unknown } | undefined)?.recsys;
  if (typeof text !== 'string') throw damaged('has no model of this library: __metadata__.recsys is missing');
  const tensors = Object.entries(entries)
    .map(([name, entry]) => ({ name, ...checked(name, entry, data.length) }))
    .sort((a, b) => a.begin - b.begin);
  let at = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== at) throw damaged(`tensor ${JSON.stringify(name)} begins at byte ${begin}, and not at ${at}`);
    at = end;
  }
  if (at !== data.length) throw damaged(`has ${data.length} bytes of weights; its header describes ${at}`);
  return {
    format: 'recsys-weights',
    weightSpecs: tensors.map(({ name, shape, dtype }) => ({ name, shape: [...shape], dtype })),
    weightData: Uint8Array.from(data).buffer,
    userDefinedMetadata: { recsys: parsed(text) as object },
  };
};

/** Returns the header of a file, and the bytes after it. */
const opened = (file: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } => {
  if (file.length < lengthBytes) throw damaged(`has ${file.length} bytes, fewer than the length of its header`);
  const length = new DataView(file.buffer, file.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(file.length - lengthBytes))
    throw damaged(`has ${file.length} bytes, fewer than its header of ${length} needs`);
  const end = lengthBytes + Number(length);
  const header = parsed(new TextDecoder().decode(file.subarray(lengthBytes, end)));
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw damaged('has no header');
  return { header: header as Record<string, unknown>, data: file.subarray(end) };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(`its header is no JSON: ${(cause as Error).message}`, cause);
  }
};

/** Returns what the header says of a tensor, once it is known to be true of the bytes. */
const checked = (name: string, entry: unknown, bytes: number) => {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Partial<TensorEntry>;
  const bad = (problem: string) => damaged(`tensor ${JSON.stringify(name)} ${problem}`);
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof dtype !== 'string' || !Object.hasOwn(tfjsDtypes, dtype))
    throw bad(`must be F32 or I32, got ${String(dtype)}`);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw bad('has no shape');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) throw bad('has no data_offsets');
  const [begin, end] = offsets as [number, number];
  const size = 4 * shape.reduce((product: number, length: number) => product * length, 1);
  if (end > bytes || end - begin !== size) throw bad(`of shape [${shape}] is at bytes ${begin} to ${end} of ${bytes}`);
  return { dtype: tfjsDtypes[dtype], shape: shape as readonly number[], begin, end };
};

const damaged = (problem: string, cause?: unknown): ExportError =>
  new ExportError('damaged', `fromSafetensors: the file ${problem}`, { cause });
