import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { PrepareError } from '../errors.js';
import { literal } from '../sql/index.js';

interface DatabaseOptions {
  /** Path of the file; it is made if there is none. Default: in memory. */
  readonly path?: string;
  /** Folder for what does not fit in memory. Default: nothing is written there. */
  readonly spill?: string;
  /** Memory limit, such as `4GB`. Default: that of DuckDB, 80 % of the memory of the machine. */
  readonly memory?: string | undefined;
  /** Default: as many as there are cores. */
  readonly threads?: number | undefined;
}

/** A database of DuckDB with one connection. It never downloads anything. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open({ path = ':memory:', spill, memory, threads }: DatabaseOptions): Promise<Database> {
    const instance = await DuckDBInstance.create(path, {
      autoinstall_known_extensions: 'false',
      ...(spill !== undefined && { temp_directory: spill }),
      ...(memory !== undefined && { memory_limit: memory }),
      ...(threads !== undefined && { threads: String(threads) }),
    }).catch((cause: Error) => {
      throw errorOf(cause);
    });
    const database = new Database(instance, await instance.connect());
    await database.run("set TimeZone = 'UTC'");
    return database;
  }

  /** Runs a statement whose result is of no interest. */
  async run(sql: string): Promise<void> {
    await this.#connection.run(sql).catch((cause: Error) => {
      throw errorOf(cause);
    });
  }

  /** Returns the first row of a result, or undefined. */
  async row<Row>(sql: string): Promise<Row | undefined> {
    const [row] = await this.rows(sql);
    return row as unknown as Row | undefined;
  }

  async rows(sql: string): Promise<DuckDBValue[][]> {
    try {
      return await (await this.#connection.run(sql)).getRows();
    } catch (cause) {
      throw errorOf(cause as Error);
    }
  }

  /** Yields the columns of a result, some rows at a time. */
  async *columns(sql: string): AsyncGenerator<DuckDBValue[][], void, undefined> {
    try {
      const result = await this.#connection.stream(sql);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk.getColumns();
      }
    } catch (cause) {
      throw cause instanceof PrepareError ? cause : errorOf(cause as Error);
    }
  }

  /** Attaches another database as `source`, to be read. */
  async attach(
    target: string,
    { type, name }: { type: 'duckdb' | 'sqlite' | 'postgres'; name: string },
  ): Promise<void> {
    if (type !== 'duckdb')
      await this.#connection.run(`load ${type}`).catch((cause: Error) => {
        throw new PrepareError(
          'no-extension',
          `${name}: DuckDB reads this by its extension ${type}, which is not on this machine. Run INSTALL ${type} in DuckDB where there is a network, or export the table to Parquet or CSV.`,
          { cause },
        );
      });
    await this.#connection
      .run(`attach ${literal(target)} as source (read_only${type === 'duckdb' ? '' : `, type ${type}`})`)
      .catch((cause: Error) => {
        throw new PrepareError(
          'bad-data',
          `${name}: cannot be opened: ${firstLine(cause.message.replaceAll(target, name))}`,
        );
      });
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0];

/** Returns an error of DuckDB as one of ours. */
const errorOf = (cause: Error): PrepareError => {
  const message = firstLine(cause.message);
  if (/^Out of Memory Error/i.test(message) && !/disk|temp/i.test(message))
    return new PrepareError('out-of-memory', `a step needs more memory than the limit: ${message}.`, {
      cause,
      advice: { option: 'memory', purpose: 'to raise it' },
    });
  if (
    /no space left|not enough disk space|max_temp_directory_size|could not write|cannot open file.*write/i.test(
      cause.message,
    )
  )
    return new PrepareError('cannot-write', `the scratch files cannot be written: ${message}`, { cause });
  return new PrepareError('query-failed', `DuckDB: ${message}`, { cause });
};
