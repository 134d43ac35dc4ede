/**
 * Writes the packages of native kernels, one for each platform:
 *
 *     node scripts/native-packages.mjs FOLDER [--platform NAME]… [--zig PATH]
 *
 * FOLDER/NAME/ becomes a package that npm can pack or publish: its `package.json` names the system that it is for, so
 * that npm installs that of the user's and no other. `--platform` chooses some of them; default all, or without zig the
 * one of this machine. `--zig` is zig's compiler, which compiles for all of them.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileNative, nodeApi } from './compile-native.mjs';
import { platforms } from './native-targets.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    platform: { type: 'string', multiple: true },
    zig: { type: 'string' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('usage: native-packages.mjs FOLDER [--platform NAME]… [--zig PATH]');

const manifestPath = join(root, 'package.json');
const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
const { name: owner, version, license, author, repository, engines, publishConfig } = manifest;

const isHere = ({ os, cpu, libc }) =>
  os === process.platform && cpu === process.arch && (libc === undefined || libc === libcHere());
const libcHere = () => (process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl');

const wanted =
  values.platform ?? platforms.filter((platform) => values.zig || isHere(platform)).map(({ name }) => name);
const unknown = wanted.filter((name) => !platforms.some((platform) => platform.name === name));
if (unknown.length > 0) throw new Error(`no such platform: ${unknown.join(', ')}`);
const chosen = platforms.filter(({ name }) => wanted.includes(name));

const untried = {
  emulator: 'its kernels were run against WebAssembly in an emulator, but never',
  undefined: 'never run',
};

const readme = ({ name, tried }) => `# ${owner}-${name}

Native kernels of [${owner}](${manifest.homepage}) for ${name}. Install \`${owner}\`, not this package: npm then takes the
package that is for your system.
${
  tried === 'tests'
    ? ''
    : `
This build was compiled for the platform; ${untried[tried]} on one by its authors. At the start it is tested
against WebAssembly, which computes instead if an answer is wrong; \`RECSYS_ENGINE=wasm\` avoids it altogether. Please
report whether it works for you: ${manifest.bugs}
`
}`;

/** How zig compiles and links for a platform. C's driver links, as no part of C++'s library is used. */
const zigFor = (zig, folder, { os, zig: target }) => {
  const flags = ['-target', target, '-fno-sanitize=all'];
  const libraries = os === 'win32' ? [importLibrary(zig, folder)] : [];
  return { compiler: [zig, 'c++', ...flags], linker: [zig, 'cc', ...flags], libraries };
};

/** Writes what a linker for Windows needs to know of the functions of Node-API, which are in `node.exe`. */
const importLibrary = (zig, folder) => {
  const library = join(folder, '..', 'node.lib');
  const definitions = join(nodeApi, 'def/node_api.def');
  execFileSync(zig, ['dlltool', '-m', 'i386:x86-64', '-d', definitions, '-l', library], { stdio: 'inherit' });
  return library;
};

for (const platform of chosen) {
  const { name, os, cpu, libc } = platform;
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  if (!values.zig && !isHere(platform)) throw new Error(`${name} needs --zig: it is not the platform of this machine`);
  const tools = values.zig ? zigFor(values.zig, own, platform) : { compiler: [process.env.CXX ?? 'c++'] };
  await compileNative({ ...tools, platform, output: join(own, 'recsys.node') });
  const described = {
    name: `${owner}-${name}`,
    version,
    description: `Native kernels of ${owner} for ${name}.`,
    license,
    author,
    homepage: manifest.homepage,
    repository,
    bugs: manifest.bugs,
    engines,
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
    main: 'recsys.node',
    files: ['recsys.node', 'README.md', 'LICENSE'],
    publishConfig,
  };
  writeFileSync(join(own, 'package.json'), `${JSON.stringify(described, null, 2)}\n`);
  writeFileSync(join(own, 'README.md'), readme(platform));
  copyFileSync(join(root, 'LICENSE'), join(own, 'LICENSE'));
  console.log(`${own}: ${described.name} ${version}`);
}
