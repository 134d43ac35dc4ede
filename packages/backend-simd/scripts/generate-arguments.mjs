/** Prints the declarations of the kernels as TypeScript: constants, argument types, and functions that write arguments into memory. */

/** @param declarations as `kernelDeclarations` returns them. */
export const typescriptOf = ({ constants, enums, structs, kernels, functions }) => {
  const taken = new Set(kernels.map(({ args }) => args));
  const bases = new Set(structs.map(({ base }) => base));
  const blocks = [
    '// Written by scripts/build-wasm.mjs from the declarations in assembly/.',
    ...constants.map(({ name, doc, value }) => `${comment(doc)}export const ${name} = ${value};`),
    ...enums.map(printEnum),
    ...structs.map(printInterface),
    ...structs.filter(({ name }) => taken.has(name)).map((struct) => printWriter(struct, structs)),
    ...structs.filter(({ name }) => !taken.has(name) && !bases.has(name)).map((struct) => printStruct(struct, structs)),
    printTable(
      '/** Arguments of each kernel. */\nexport interface KernelArguments',
      kernels,
      ({ name, args }) => `${name}: ${args};`,
    ),
    'export type KernelName = keyof KernelArguments;',
    `/** The kernels, in the order of their numbers. */\nexport const kernelNames: readonly KernelName[] = [${kernels.map(({ name }) => `'${name}'`).join(', ')}];`,
    `/** What a launch needs to know of a kernel: its number, and how its arguments become words of memory. */
export interface KernelEntry<Arguments> {
  readonly number: number;
  readonly write: (args: Arguments, words: Int32Array, floats: Float32Array) => void;
}`,
    printTable(
      'export const kernels: { readonly [Name in KernelName]: KernelEntry<KernelArguments[Name]> } =',
      kernels.map(({ name, args }) => ({ name, args })),
      ({ name, args }, number) => `${name}: { number: ${number}, write: write${args} },`,
    ).replace(/}$/, '};'),
    printTable(
      '/** Exports of the module that are no kernels. */\nexport interface KernelFunctions',
      functions,
      printFunction,
    ),
  ];
  return `${blocks.join('\n\n')}\n`;
};

const comment = (doc, indent = '') => {
  if (doc === '') return '';
  const lines = doc.split('\n');
  if (lines.length === 1) return `${indent}/** ${doc} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
};

const printTable = (head, rows, row) =>
  `${head} {\n${rows.map((entry, i) => `${comment(entry.doc ?? '', '  ')}  ${row(entry, i)}\n`).join('')}}`;

const printFunction = ({ name, parameters }) =>
  `${name}(${parameters.map((parameter) => `${parameter}: number`).join(', ')}): number;`;

const printEnum = ({ name, doc, members }) =>
  `${comment(doc)}export const ${name} = {\n${members.map((member, i) => `  ${member}: ${i},\n`).join('')}} as const;`;

const printInterface = ({ name, doc, base, fields }) => {
  const head = `${comment(doc)}export interface ${name}${base === undefined ? '' : ` extends ${base}`} {\n`;
  const field = ({ name, doc, type }) =>
    `${comment(doc, '  ')}  readonly ${name}: ${type === 'Flag' ? 'boolean' : 'number'};\n`;
  return `${head}${fields.map(field).join('')}}`;
};

const allFields = (struct, structs) => {
  const base = structs.find(({ name }) => name === struct.base);
  return [...(base === undefined ? [] : allFields(base, structs)), ...struct.fields];
};

const assignments = (struct, structs, indent) =>
  allFields(struct, structs)
    .map(({ name, type, offset }) => {
      const value = type === 'Flag' ? `args.${name} ? 1 : 0` : `args.${name}`;
      return `${indent}${type === 'f32' ? 'floats' : 'words'}[${offset / 4}] = ${value};\n`;
    })
    .join('');

const usesFloats = (struct, structs) => allFields(struct, structs).some(({ type }) => type === 'f32');

/** The views of memory that a function over a struct takes. */
const views = (struct, structs) => `words: Int32Array${usesFloats(struct, structs) ? ', floats: Float32Array' : ''}`;

const printWriter = (struct, structs) =>
  `const write${struct.name} = (args: ${struct.name}, ${views(struct, structs)}): void => {\n${assignments(struct, structs, '  ')}};`;

/** A struct that is no argument block: kernels find it through a pointer. */
const printStruct = (struct, structs) => {
  const value = ({ type, offset }) => {
    if (type === 'f32') return `floats[${offset / 4}]`;
    return `words[${offset / 4}]${{ usize: ' >>> 0', i32: '', Flag: ' !== 0' }[type]}`;
  };
  const reads = allFields(struct, structs).map((field) => `      ${field.name}: ${value(field)},\n`);
  return `${comment(struct.doc)}export const ${struct.name} = {
  bytes: ${struct.bytes},
  write(args: ${struct.name}, ${views(struct, structs)}): void {
${assignments(struct, structs, '    ')}  },
  read(${views(struct, structs)}): ${struct.name} {
    return {
${reads.join('')}    };
  },
};`;
};
