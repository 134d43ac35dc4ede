import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A class of errors, as its package declares it. */
interface ErrorClass {
  readonly name: string;
  /** Codes that its constructor takes, in their order. */
  readonly codes: readonly string[];
  /** Path of the package, such as `packages/data`. */
  readonly folder: string;
}

/** A `throw` of an error, as far as the source tells it. */
export interface Thrown {
  /** Name of the class; `ErrorClass` in checks of options, which throw the class of their caller. */
  readonly name: string;
  readonly code: string;
  /** What its messages look like. */
  readonly messages: readonly RegExp[];
}

const sourceOf = (path: string): ts.SourceFile =>
  ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);

const visit = (node: ts.Node, see: (node: ts.Node) => void): void => {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
};

/** Returns the paths of the sources of the packages, without their tests. */
const sources = (): string[] =>
  execFileSync('git', ['ls-files', 'packages/*/src/*.ts'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter((path) => !/\.test\.ts$|\/test-[a-z]+\.ts$|\/testing\//.test(path));

/** Returns the error classes of the packages, from the types of their constructors. */
export const errorClasses = (): ErrorClass[] =>
  sources()
    .filter((path) => path.endsWith('/src/errors.ts'))
    .flatMap((path) => {
      const source = sourceOf(path);
      const unions = new Map(
        source.statements.filter(ts.isTypeAliasDeclaration).map(({ name, type }) => [name.text, stringsIn(type)]),
      );
      return source.statements.filter(ts.isClassDeclaration).map((declaration) => {
        const type = declaration.members.find(ts.isConstructorDeclaration)!.parameters[0].type!;
        return {
          name: declaration.name!.text,
          codes: unions.get(type.getText()) ?? stringsIn(type),
          folder: path.slice(0, -'/src/errors.ts'.length),
        };
      });
    });

/** Returns the errors that the sources of the packages throw. */
export const thrownErrors = (): Thrown[] =>
  sources().flatMap((path) => {
    const source = sourceOf(path);
    const thrown: Thrown[] = [];
    visit(source, (node) => {
      if (ts.isNewExpression(node) && /^[A-Z]\w*Error$|^ErrorClass$/.test(node.expression.getText())) {
        const [code, message] = node.arguments ?? [];
        const messages = message === undefined ? [] : textsOf(message, source).map((text) => RegExp(`^${text}$`, 's'));
        for (const own of code === undefined ? [] : stringsIn(code))
          thrown.push({ name: node.expression.getText(), code: own, messages });
      }
      // Checks of options throw the class that they are given.
      if (ts.isPropertyAssignment(node) && node.name.getText() === 'ErrorClass')
        thrown.push({ name: node.initializer.getText(), code: 'bad-option', messages: [] });
    });
    return thrown;
  });

/** Returns the strings that are written in an expression or a type. */
const stringsIn = (node: ts.Node): string[] => {
  const found: string[] = [];
  visit(node, (own) => {
    if (ts.isStringLiteral(own)) found.push(own.text);
  });
  return found;
};

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** Returns what an expression of text may look like, as patterns in which `.*` stands for what only a run can tell. */
const textsOf = (node: ts.Expression, source: ts.SourceFile): string[] => {
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression, source);
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [escaped(node.text)];
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue, source), ...textsOf(node.whenFalse, source)];
  if (ts.isTemplateExpression(node))
    return [escaped(node.head.text) + node.templateSpans.map(({ literal }) => `.*${escaped(literal.text)}`).join('')];
  if (ts.isIdentifier(node)) {
    const values: ts.Expression[] = [];
    visit(source, (own) => {
      const isIt = ts.isVariableDeclaration(own) && own.name.getText() === node.text;
      if (isIt && own.initializer !== undefined && !ts.isIdentifier(own.initializer)) values.push(own.initializer);
    });
    if (values.length > 0) return values.flatMap((value) => textsOf(value, source));
  }
  return ['.*'];
};
