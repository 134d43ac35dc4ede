/** Runs an example: `pnpm example NAME [arguments]`. */
import { readdirSync } from 'node:fs';

const folder = new URL('../examples/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));
const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`usage: pnpm example NAME [arguments]\nexamples: ${names.join(', ')}`);
  process.exit(2);
}
process.argv = [process.argv[0], `examples/${name}.ts`, ...rest];
await import(new URL(`${name}.ts`, folder).href);
