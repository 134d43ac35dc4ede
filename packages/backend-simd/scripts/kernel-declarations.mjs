/**
 * Reads the declarations in `assembly/`, for every language that needs them: argument blocks, kernels, constants and
 * enums. The result is plain data, so that a generator only has to print it:
 *
 * constants  { name, doc, value } enums      { name, doc, members }              members count from 0 structs    {
 *   name, doc, base, fields, bytes }  fields: { name, doc, type, offset }; `base` names the struct whose fields come
 *   first kernels    { name, doc, args, family }         in the order of `assembly/index.ts`; `args` names a struct
 *   functions  { name, doc, parameters }           exports that are not kernels: integers in, an integer out
 *
 * TypeScript's parser reads AssemblyScript too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** Types of a field, all of 4 bytes; `assembly/base/layout.ts` says what those with a capital letter are. */
const fieldTypes = new Set(['usize', 'Optional', 'Bytes', 'i32', 'f32', 'Flag']);

/**
 * @param folder URL of `assembly/`.
 * @throws if a declaration has no counterpart in another language, or a kernel has other parameters.
 */
export const kernelDeclarations = (folder) => {
  const files = readdirSync(folder, { recursive: true }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('generated'),
  );
  const sources = new Map(files.map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]));
  return declarationsOf(sources);
};

/** @param sources text of each file by name; `index.ts` lists the exports. */
export const declarationsOf = (sources) => {
  const constants = [];
  const enums = [];
  const structs = [];
  const exported = new Map();
  for (const [file, text] of [...sources].sort()) {
    for (const node of parse(file, text).statements) {
      if (!node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
      if (ts.isVariableStatement(node)) constants.push(...constantsOf(node));
      if (ts.isEnumDeclaration(node)) enums.push(enumOf(node));
      if (ts.isClassDeclaration(node)) structs.push(structOf(node));
      if (ts.isFunctionDeclaration(node)) exported.set(node.name.text, { node, family: file.replace('.ts', '') });
    }
  }
  layOut(structs);
  const kernels = [];
  const functions = [];
  for (const name of exportsOf(parse('index.ts', sources.get('index.ts')))) {
    const { node, family } = exported.get(name) ?? fail(`index.ts exports ${name}, which no file does`);
    const parameters = node.parameters.map((parameter) => [parameter.name.getText(), parameter.type.getText()]);
    if (parameters[0]?.[0] !== 'args')
      functions.push({ name, doc: docOf(node), parameters: parameters.map(([name]) => name) });
    else kernels.push({ name, doc: docOf(node), args: argumentsOf(name, parameters, structs), family });
  }
  return { constants, enums, structs, kernels, functions };
};

const parse = (file, text) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

const fail = (message) => {
  throw new Error(`assembly: ${message}`);
};

/** The last comment before a declaration, without its stars. */
const docOf = (node) => {
  const text = ts.getJSDocCommentsAndTags(node).at(-1)?.getText() ?? '';
  return text
    .replaceAll(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .filter((line) => line !== '')
    .join('\n');
};

/** Constants that are a plain number; others differ between the builds, or are used only by kernels. */
const constantsOf = (node) =>
  node.declarationList.declarations
    .filter(({ initializer }) => initializer !== undefined && ts.isNumericLiteral(initializer))
    .map(({ name, initializer }) => ({ name: name.getText(), doc: docOf(node), value: Number(initializer.text) }));

const enumOf = (node) => ({
  name: node.name.text,
  doc: docOf(node),
  members: node.members.map(({ name, initializer }) =>
    initializer === undefined ? name.getText() : fail(`${node.name.text}.${name.getText()} must count from 0`),
  ),
});

const structOf = (node) => ({
  name: node.name.text,
  doc: docOf(node),
  base: node.heritageClauses?.[0]?.types[0]?.getText(),
  fields: node.members.map((member) => {
    const name = member.name.getText();
    const type = member.type?.getText();
    if (!fieldTypes.has(type))
      fail(`${node.name.text}.${name} is ${type}; a field is one of ${[...fieldTypes].join(', ')}`);
    return { name, type, doc: docOf(member) };
  }),
});

/** Gives fields their offsets, as AssemblyScript does: those of the base first. */
const layOut = (structs) => {
  const bytesOf = (struct) => {
    if (struct.bytes !== undefined) return struct.bytes;
    const base = structs.find(({ name }) => name === struct.base);
    if (struct.base !== undefined && base === undefined)
      fail(`${struct.name} extends ${struct.base}, which is not exported`);
    let offset = base === undefined ? 0 : bytesOf(base);
    for (const field of struct.fields) {
      field.offset = offset;
      offset += 4;
    }
    struct.bytes = offset;
    return offset;
  };
  structs.forEach(bytesOf);
};

const exportsOf = (index) =>
  index.statements.flatMap((node) => node.exportClause.elements.map(({ name }) => name.text));

/** Returns the struct that a kernel takes. */
const argumentsOf = (name, parameters, structs) => {
  const form = parameters.slice(1).map(([name, type]) => `${name}: ${type}`);
  if (form.join() !== 'begin: i32,end: i32,scratch: usize')
    fail(`kernel ${name} must take (args, begin: i32, end: i32, scratch: usize)`);
  const struct = structs.find((struct) => struct.name === parameters[0][1]);
  return struct?.name ?? fail(`kernel ${name} takes ${parameters[0][1]}, which is no exported class`);
};
