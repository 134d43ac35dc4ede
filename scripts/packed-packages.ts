import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packagesFolder = fileURLToPath(new URL('../packages/', import.meta.url));

/** Packs every package as npm would publish it, and returns the paths of the tarballs. */
export const packPackages = (destination: string): string[] => {
  for (const name of readdirSync(packagesFolder))
    execFileSync('npx', ['-y', 'pnpm@10', 'pack', '--pack-destination', destination], {
      cwd: join(packagesFolder, name),
      stdio: 'ignore',
    });
  const tarballs = readdirSync(destination).filter((file) => file.endsWith('.tgz'));
  return tarballs.map((file) => join(destination, file));
};
