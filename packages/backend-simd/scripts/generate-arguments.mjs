/**
 * Prints the declarations of the kernels as TypeScript: constants, argument types, and functions that write arguments.
 */

import { layoutOf } from './generate-header.mjs';

/** @param declarations as `kernelDeclarations` returns them. */
export const typescriptOf = (declarations) => {
  const { constants, enums, structs, kernels, functions } = declarations;
  const argumentBlocks = new Set(kernels.map(({ args }) => args));
  const bases = new Set(structs.map(({ base }) => base));
  const others = structs.filter(({ name }) => !argumentBlocks.has(name) && !bases.has(name));
  const names = kernels.map(({ name }) => `'${name}'`).join(', ');
  const blocks = [
    '// Written by scripts/build-wasm.mjs from the declarations in assembly/.',
    "import type { TensorInfo } from '@tensorflow/tfjs-core';",
    `/** An address, or the tensor whose values are there. */
export type Pointer = number | TensorInfo;`,
    `/** Returns the address of an argument; 0 for undefined. */
export type Resolve = (pointer: Pointer | undefined) => number;`,
    `/** What a native build of the kernels must agree on. */
export const layout = '${layoutOf(declarations)}';`,
    ...constants.map(({ name, doc, value }) => `${comment(doc)}export const ${name} = ${value};`),
    ...enums.map(printEnum),
    ...structs.map(printInterface),
    ...structs.filter(({ name }) => argumentBlocks.has(name)).map((struct) => printWriter(struct, structs)),
    ...others.map((struct) => printStruct(struct, structs)),
    `/** Arguments of each kernel. */
export interface KernelArguments {
${kernels.map(({ name, doc, args }) => `${comment(doc, '  ')}  ${name}: ${args};\n`).join('')}}`,
    'export type KernelName = keyof KernelArguments;',
    `/** The kernels, in the order of their numbers. */
export const kernelNames: readonly KernelName[] = [${names}];`,
    `/** A kernel as a launch needs it: its number, and a function that writes its arguments to memory. */
export interface KernelEntry<Arguments> {
  readonly number: number;
  /** Resolves all pointers before it writes, because resolving one may launch another kernel. */
  readonly write: (args: Arguments, resolve: Resolve, words: Int32Array, floats: Float32Array) => void;
}`,
    `export const kernels: { readonly [Name in KernelName]: KernelEntry<KernelArguments[Name]> } = {
${kernels.map(({ name, args }, number) => `  ${name}: { number: ${number}, write: write${args} },\n`).join('')}};`,
    `/** Exports of the module that are not kernels. */
export interface KernelFunctions {
${functions.map(printFunction).join('')}}`,
  ];
  return `${blocks.join('\n\n')}\n`;
};

const comment = (doc, indent = '') => {
  if (doc === '') return '';
  const lines = doc.split('\n');
  if (lines.length === 1) return `${indent}/** ${doc} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
};

const printFunction = ({ name, doc, parameters }) =>
  `${comment(doc, '  ')}  ${name}(${parameters.map((parameter) => `${parameter}: number`).join(', ')}): number;\n`;

const printEnum = ({ name, doc, members }) =>
  `${comment(doc)}export const ${name} = {\n${members.map((member, i) => `  ${member}: ${i},\n`).join('')}} as const;`;

const typeOf = {
  usize: 'Pointer',
  Optional: 'Pointer | undefined',
  Bytes: 'number',
  i32: 'number',
  f32: 'number',
  Flag: 'boolean',
};
const isPointer = ({ type }) => type === 'usize' || type === 'Optional';

const printInterface = ({ name, doc, base, fields }) => {
  const head = `${comment(doc)}export interface ${name}${base === undefined ? '' : ` extends ${base}`} {\n`;
  const field = ({ name, doc, type }) => `${comment(doc, '  ')}  readonly ${name}: ${typeOf[type]};\n`;
  return `${head}${fields.map(field).join('')}}`;
};

const allFields = (struct, structs) => {
  const base = structs.find(({ name }) => name === struct.base);
  return [...(base === undefined ? [] : allFields(base, structs)), ...struct.fields];
};

const printWriter = (struct, structs) => {
  const fields = allFields(struct, structs);
  const resolved = fields.filter(isPointer).map(({ name }) => `  const ${name} = resolve(args.${name});\n`);
  const value = (field) => {
    if (isPointer(field)) return field.name;
    return field.type === 'Flag' ? `args.${field.name} ? 1 : 0` : `args.${field.name}`;
  };
  const written = fields.map((field) => `  ${wordOf(field)} = ${value(field)};\n`).join('');
  return `const write${struct.name} = (
  args: ${struct.name},
  resolve: Resolve,
  words: Int32Array,
${hasFloats(fields) ? '  floats: Float32Array,\n' : ''}): void => {\n${resolved.join('')}${written}};`;
};

const hasFloats = (fields) => fields.some(({ type }) => type === 'f32');
const wordOf = ({ type, offset }) => `${type === 'f32' ? 'floats' : 'words'}[${offset / 4}]`;

/** A struct that is not an argument block: kernels find it through a pointer. Its own pointers are addresses. */
const printStruct = (struct, structs) => {
  const fields = allFields(struct, structs);
  const words = fields.every(({ type }) => type === 'f32') ? '_words' : 'words';
  const views = `${words}: Int32Array${hasFloats(fields) ? ', floats: Float32Array' : ''}`;
  const fromWord = { usize: ' >>> 0', Optional: ' >>> 0', Bytes: ' >>> 0', i32: '', f32: '', Flag: ' !== 0' };
  const written = ({ name, type }) => (type === 'Flag' ? `values.${name} ? 1 : 0` : `values.${name}`);
  const type = `{ ${fields.map(({ name, type }) => `${name}: ${type === 'Flag' ? 'boolean' : 'number'}`).join('; ')} }`;
  return `${comment(struct.doc)}export const ${struct.name} = {
  bytes: ${struct.bytes},
  write(values: ${type}, ${views}): void {
${fields.map((field) => `    ${wordOf(field)} = ${written(field)};\n`).join('')}  },
  read(${views}): ${type} {
    return {
${fields.map((field) => `      ${field.name}: ${wordOf(field)}${fromWord[field.type]},\n`).join('')}    };
  },
};`;
};
