import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HistoryLine } from '@recsys/data';
import {
  FileError,
  lockPath,
  partialPathOf,
  removePartialsOf,
  sha256Of,
  sha256OfFile,
  syncDirectory,
  writeFileAtomically,
} from '@recsys/data/node';
import { assertInteger } from '@recsys/errors';
import { version } from '../../package.json';
import { engineName } from '../backends/index.js';
import type { SequentialModel } from '../contract/index.js';
import { ShardError } from '../errors.js';
import { answerHistories, blocksOfLines } from './answer-histories.js';
import { filterFingerprint, modelFingerprint } from './fingerprints.js';
import { listInputs, type Shard } from './list-inputs.js';
import {
  readRecord,
  refuseOtherSettings,
  type ShardRecord,
  type ShardSettings,
  type ShardsManifest,
} from './records.js';
import { openJsonLines, openParquet, type ShardWriter } from './shard-writers.js';
import { type CheckedOptions, checkedOptions, type ShardsOptions } from './shards-options.js';

/** Folder of records and marks of use in the folder of outputs. */
const recordsFolder = '.shards';

export interface RunOptions {
  /** Told of the rows that are done, from time to time. */
  onProgress?: ((rows: number) => void) | undefined;
}

/** What became of a shard. */
export interface ShardRun {
  readonly record: ShardRecord;
  /** Whether it was done before. */
  readonly wasDone: boolean;
}

/**
 * Files of histories, each of which is one piece of work. Opened by `Shards.open`.
 * @example
 * const shards = await Shards.open(model, { inputs: 'histories', outputs: 'lists' });
 * for (let shard = 0; shard < shards.length; shard++) await shards.run(shard);
 * (await shards.finish())?.rows; // of all outputs
 */
export class Shards {
  /** Names of the inputs; shard i is the i-th. */
  readonly inputs: readonly string[];
  readonly #model: SequentialModel;
  readonly #shards: readonly Shard[];
  readonly #options: CheckedOptions;
  readonly #settings: ShardSettings;

  private constructor(
    model: SequentialModel,
    shards: readonly Shard[],
    options: CheckedOptions,
    settings: ShardSettings,
  ) {
    this.#model = model;
    this.#shards = shards;
    this.#options = options;
    this.#settings = settings;
    this.inputs = shards.map(({ input }) => input);
  }

  /**
   * Opens a folder of files of histories as shards: each file is one, numbered from 0 in the order of the names, and has one output of the same name.
   *
   * Any number of processes on any number of machines may open the same folders and run shards. A shard that is done is left alone, one that another
   * process works on is refused, and that of a process that is gone is done again. An output is written under another name and renamed, and its bytes
   * depend on nothing but the model, the engine, the options and the input. So a scheduler may run a shard as often as it likes.
   *
   * @throws {ShardError} `bad-option`; `bad-inputs`; `other-settings` when outputs are there that were made in another way.
   * @throws {FileError} `cannot-write` when the folder of outputs cannot be made.
   * @example
   * const shards = await Shards.open(model, { inputs: 'histories', outputs: 'lists', recommend: { k: 10 } });
   * await shards.run(Number(process.env.JOB_COMPLETION_INDEX));
   * await shards.finish(); // the last one writes lists/manifest.json
   */
  static async open(model: SequentialModel, options: ShardsOptions): Promise<Shards> {
    const checked = checkedOptions(model, options);
    const shards = await listInputs(checked.inputs, checked.outputs);
    const records = join(checked.outputs, recordsFolder);
    await mkdir(records, { recursive: true }).catch((cause: Error) => {
      throw new FileError('cannot-write', `${checked.outputs}: cannot be written: ${cause.message}`, { cause });
    });
    const { k, excludeSeen = true, candidates, exclude, fallback, diversity, at } = checked.recommend;
    const settings: ShardSettings = {
      inputs: `${shards.length} files of sha256 ${sha256Of(JSON.stringify(shards.map(({ input }) => input)))}`,
      model: modelFingerprint(model),
      engine: engineName(),
      version,
      format: checked.format,
      k: String(k),
      excludeSeen: String(excludeSeen),
      candidates: filterFingerprint(candidates),
      exclude: exclude === undefined ? 'none' : filterFingerprint(exclude),
      fallback: Array.isArray(fallback) ? `sha256 ${sha256Of(JSON.stringify(fallback))}` : String(fallback ?? 'error'),
      diversity: String(diversity ?? 0),
      ...(at !== undefined && { at: String(at) }),
    };
    for (const name of (await readdir(records)).filter((name) => name.endsWith('.json'))) {
      const record = await readRecord(join(records, name));
      if (record === undefined) continue;
      refuseOtherSettings(join(checked.outputs, record.output), record.settings, settings);
      break;
    }
    return new Shards(model, shards, checked, settings);
  }

  /** Number of shards. */
  get length(): number {
    return this.#shards.length;
  }

  /**
   * Returns the record of a shard that is done; undefined for another one.
   * @throws {ShardError} `other-settings` when it was made in another way, or its input has changed since.
   */
  async recordOf(shard: number): Promise<ShardRecord | undefined> {
    const { input } = this.#shardAt(shard);
    const output = this.#outputOf(shard);
    const record = await readRecord(this.#recordPathOf(shard));
    if (record === undefined) return undefined;
    refuseOtherSettings(output, record.settings, this.#settings);
    const bytes = await sizeOf(join(this.#options.inputs, input));
    if (bytes !== undefined && bytes !== record.inputBytes)
      refuseOtherSettings(output, { [input]: `${record.inputBytes} bytes` }, { [input]: `${bytes} bytes` });
    return (await sizeOf(output)) === record.bytes ? record : undefined;
  }

  /** Returns whether a process has marked a shard as its own; that process may be gone. */
  async isMarked(shard: number): Promise<boolean> {
    const { stem } = this.#shardAt(shard);
    return (await readdir(this.#folder)).some((name) => name.startsWith(`${stem}.in-use-by-`));
  }

  /**
   * Recommends for a shard, unless it is done.
   *
   * @param shard its number, from 0.
   * @throws {ShardError} `bad-option` for a number that there is not; `bad-history`; `other-settings`.
   * @throws {FileError} `in-use` when another process works on it; `lost-lock` when another one took it over, because this one stood still;
   * `cannot-write`. It may be run again.
   * @throws {DataError} when the input cannot be read.
   */
  async run(shard: number, { onProgress }: RunOptions = {}): Promise<ShardRun> {
    const output = this.#outputOf(shard);
    const before = await this.recordOf(shard);
    if (before !== undefined) return { record: before, wasDone: true };
    const marks = join(this.#folder, `${this.#shardAt(shard).stem}.in-use-by-`);
    const lock = await lockPath(output, marks, { leaseSeconds: this.#options.leaseSeconds });
    try {
      // Another process may have ended it just before.
      const found = await this.recordOf(shard);
      if (found !== undefined) return { record: found, wasDone: true };
      for (const path of [output, this.#recordPathOf(shard)]) await removePartialsOf(path);
      const partial = partialPathOf(output);
      try {
        const record = await this.#write(shard, partial, async (rows) => {
          await lock.assertHeld();
          onProgress?.(rows);
        });
        await lock.assertHeld();
        await rename(partial, output);
        await syncDirectory(this.#options.outputs);
        await writeFileAtomically(this.#recordPathOf(shard), jsonOf(record));
        return { record, wasDone: false };
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined);
        throw error;
      }
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw cause;
      throw new FileError('cannot-write', `${output}: cannot be written: ${message}`, { cause });
    } finally {
      await lock.release();
    }
  }

  /**
   * Writes `manifest.json` into the folder of outputs if all shards are done, and returns it; undefined if some are not. Each process may call it
   * after each shard: the last one finds them all, and the bytes are the same whoever writes.
   * @throws {ShardError} `other-settings`.
   * @throws {FileError} `cannot-write`.
   */
  async finish(): Promise<ShardsManifest | undefined> {
    const done = new Set(await readdir(this.#folder));
    if (this.#shards.some(({ stem }) => !done.has(`${stem}.json`))) return undefined;
    const records: ShardRecord[] = [];
    for (let shard = 0; shard < this.length; shard++) {
      const record = await this.recordOf(shard);
      if (record === undefined) return undefined;
      records.push(record);
    }
    const manifest: ShardsManifest = {
      format: 1,
      settings: this.#settings,
      rows: records.reduce((sum, { rows }) => sum + rows, 0),
      shards: records.map(({ format: _, settings: __, ...shard }) => shard),
    };
    const [path, text] = [join(this.#options.outputs, 'manifest.json'), jsonOf(manifest)];
    if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) await writeFileAtomically(path, text);
    return manifest;
  }

  async #write(shard: number, path: string, onBlock: (rows: number) => Promise<void>): Promise<ShardRecord> {
    const { inputs, format, onError, recommend } = this.#options;
    const { input } = this.#shardAt(shard);
    const inputPath = join(inputs, input);
    const inputBytes = (await sizeOf(inputPath)) ?? 0;
    const writer: ShardWriter = await (format === 'parquet' ? openParquet : openJsonLines)(path);
    let [rows, skipped, unknownItems, fallbacks] = [0, 0, 0, 0];
    const answer = async (lines: readonly HistoryLine[]) => {
      const { answers, firstBad, ...counts } = answerHistories(this.#model, lines, recommend);
      if (firstBad !== undefined && onError === 'throw')
        throw new ShardError('bad-history', `${inputPath}:${firstBad.number}: ${firstBad.reason}.`, {
          advice: { option: 'onError', value: 'skip', purpose: 'to write null for such lines' },
        });
      rows += lines.length;
      skipped += counts.skipped;
      unknownItems += counts.unknown.length;
      fallbacks += counts.fallbacks;
      await writer.write(answers);
      await onBlock(rows);
    };
    try {
      // Readers and tables are loaded by who reads files alone.
      const { readHistories } = await import('@recsys/data');
      for await (const lines of blocksOfLines(readHistories(inputPath))) await answer(lines);
      const written = await writer.finish();
      return {
        ...{ format: 1, input, inputBytes, inputSha256: await sha256OfFile(inputPath) },
        ...{ output: basename(this.#outputOf(shard)), rows, skipped, unknownItems, fallbacks },
        ...{ ...written, settings: this.#settings },
      };
    } finally {
      await writer.close();
    }
  }

  #shardAt(shard: number): Shard {
    assertInteger('shards', 'shard', shard, { minimum: 0, ErrorClass: ShardError });
    const found = this.#shards[shard];
    if (found !== undefined) return found;
    const { inputs } = this.#options;
    throw new ShardError(
      'bad-option',
      `shards: there is no shard ${shard}: ${inputs} has ${this.length} files, numbered 0..${this.length - 1}`,
    );
  }

  get #folder(): string {
    return join(this.#options.outputs, recordsFolder);
  }

  #outputOf(shard: number): string {
    const { outputs, format } = this.#options;
    return join(outputs, `${this.#shardAt(shard).stem}.${format}`);
  }

  #recordPathOf(shard: number): string {
    return join(this.#folder, `${this.#shardAt(shard).stem}.json`);
  }
}

const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
