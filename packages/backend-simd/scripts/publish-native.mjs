/**
 * Publishes the packages of native kernels that `native-packages.mjs` wrote to a folder, unless their version is there
 * already, and names them in `optionalDependencies` of `@recsys/backend-simd`, which is to be published next:
 * `node scripts/publish-native.mjs FOLDER`.
 *
 * They are named only then, because pnpm cannot install a checkout that names packages of a version that is not
 * published yet.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { namePlatforms, platforms } from './native-targets.mjs';

const [folder] = process.argv.slice(2);
const path = fileURLToPath(new URL('../package.json', import.meta.url));
const manifest = JSON.parse(readFileSync(path, 'utf8'));

const missing = platforms.filter(({ name }) => !existsSync(join(folder ?? '', name, 'recsys.node')));
if (missing.length > 0)
  throw new Error(
    `${folder} has no package for ${missing.map(({ name }) => name).join(', ')}; run native-packages.mjs`,
  );

const isPublished = (name) => {
  try {
    return execFileSync('npm', ['view', `${name}@${manifest.version}`, 'version'], { stdio: 'pipe' }).length > 0;
  } catch {
    return false;
  }
};

for (const { name } of platforms) {
  const own = join(folder, name);
  const described = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
  if (described.version !== manifest.version)
    throw new Error(`${own} is of version ${described.version}, not ${manifest.version}`);
  if (isPublished(described.name)) console.log(`${described.name}@${described.version} is published`);
  else execFileSync('npm', ['publish', own], { stdio: 'inherit' });
}
writeFileSync(path, `${JSON.stringify(namePlatforms(manifest, platforms), null, 2)}\n`);
