/** Runs an example: `pnpm example NAME [arguments]`. */
import { existsSync, readdirSync } from 'node:fs';

const folder = new URL('../examples/', import.meta.url);
/** Examples by name: `examples/NAME.ts` or `examples/NAME/index.ts`. */
const files = new Map(
  readdirSync(folder).flatMap((entry): [string, string][] => {
    if (entry.endsWith('.ts')) return [[entry.slice(0, -'.ts'.length), entry]];
    return existsSync(new URL(`${entry}/index.ts`, folder)) ? [[entry, `${entry}/index.ts`]] : [];
  }),
);
const [name = '', ...rest] = process.argv.slice(2);
const file = files.get(name);
if (file === undefined) {
  console.error(`usage: pnpm example NAME [arguments]\nexamples: ${[...files.keys()].join(', ')}`);
  process.exit(2);
}
process.argv = [process.argv[0], `examples/${file}`, ...rest];
await import(new URL(file, folder).href);
