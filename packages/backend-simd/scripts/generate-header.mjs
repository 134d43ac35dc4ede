/** Prints the declarations of the kernels as a C++ header: constants, argument blocks and the list of kernels. */
import { createHash } from 'node:crypto';

const typeOf = {
  usize: 'Address',
  Optional: 'Address',
  Bytes: 'uint32_t',
  i32: 'int32_t',
  f32: 'float',
  Flag: 'int32_t',
};

/** @param declarations as `kernelDeclarations` returns them. */
export const headerOf = (declarations) => {
  const { constants, enums, structs, kernels } = declarations;
  const blocks = [
    '// Written by scripts/build-wasm.mjs from the declarations in assembly/.',
    '#pragma once\n\n#include <cstddef>\n#include <cstdint>',
    `/** What a build of the kernels and the code that calls it must agree on. */
#define RECSYS_LAYOUT "${layoutOf(declarations)}"`,
    `/** A number of bytes from the start of the memory. */
typedef uint32_t Address;`,
    ...constants.map(({ name, doc, value }) => `${comment(doc)}constexpr int32_t ${name} = ${value};`),
    ...enums.map(({ name, doc, members }) => `${comment(doc)}enum class ${name} : int32_t { ${members.join(', ')} };`),
    ...basesFirst(structs).map(printStruct),
    `/** All kernels, in the order of their numbers: (name, type of the arguments). */
#define RECSYS_KERNELS(KERNEL) \\\n${kernels.map(({ name, args }) => `  KERNEL(${name}, ${args})`).join(' \\\n')}`,
  ];
  return `${blocks.join('\n\n')}\n`;
};

/**
 * A short hash of the names, places and types of all arguments and of the constants: it differs if a build of one side
 * was made from other declarations.
 */
export const layoutOf = ({ constants, enums, structs, kernels }) => {
  const withoutDocs = JSON.stringify([constants, enums, structs, kernels], (key, value) =>
    key === 'doc' ? undefined : value,
  );
  return createHash('sha256').update(withoutDocs).digest('hex').slice(0, 16);
};

const comment = (doc, indent = '') => {
  if (doc === '') return '';
  const lines = doc.split('\n');
  if (lines.length === 1) return `${indent}/** ${doc} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
};

const basesFirst = (structs) =>
  [...structs].sort((a, b) => Number(a.base !== undefined) - Number(b.base !== undefined));

const printStruct = ({ name, doc, base, fields, bytes }) => {
  const field = ({ name, doc, type }) => `${comment(doc, '  ')}  ${typeOf[type]} ${name};\n`;
  return `${comment(doc)}struct ${name}${base === undefined ? '' : ` : ${base}`} {
${fields.map(field).join('')}};
static_assert(sizeof(${name}) == ${bytes}, "as WebAssembly and JavaScript have it");`;
};
