/** Runs programs one after another in one process, which costs one start: `node --import tsx run-programs.ts LIST`, with `Program[]` as JSON. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

export interface Program {
  /** The folder that it runs in. */
  readonly folder: string;
  /** The module. It is loaded anew each time. */
  readonly module: string;
  /** Arguments, as it sees them in `process.argv`. Default none. */
  readonly args?: readonly string[];
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  /** What it threw; empty if nothing. */
  readonly error: string;
}

/** Keeps what is written to a stream in place of printing it, until it is released. */
const capture = (stream: NodeJS.WriteStream): (() => string) => {
  const write = stream.write;
  let text = '';
  stream.write = ((chunk: string | Uint8Array) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  }) as typeof stream.write;
  return () => {
    stream.write = write;
    return text;
  };
};

const run = async ({ folder, module, args = [] }: Program, number: number): Promise<Ran> => {
  process.chdir(folder);
  process.argv = [process.argv[0], module, ...args];
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  let error = '';
  try {
    await import(`${pathToFileURL(module).href}?${number}`);
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.stack! : String(thrown);
  }
  return { stdout: stdout(), stderr: stderr(), error };
};

const [, , list] = process.argv;
const results: Ran[] = [];
for (const [number, program] of (JSON.parse(readFileSync(list, 'utf8')) as Program[]).entries())
  results.push(await run(program, number));
writeFileSync(`${list}.results`, JSON.stringify(results));
process.exit(0); // whatever a program left open
