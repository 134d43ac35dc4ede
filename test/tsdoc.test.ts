/** Every public function and class has a TSDoc comment with an `@example`. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

/** Returns the source of every entry point that a program can import, by the name it imports it by. */
const entryPoints = (): Map<string, string> =>
  new Map(
    readdirSync(join(root, 'packages')).flatMap((folder) => {
      const manifest: Manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
      return Object.entries(manifest.exports).flatMap(([path, target]) => {
        if (typeof target === 'string') return []; // ./package.json
        const source = target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts');
        return [[manifest.name + path.slice(1), join(root, 'packages', folder, source)] as const];
      });
    }),
  );

/**
 * Returns a program of these sources and the files that they import by path; packages and the library stay unresolved.
 */
const programOf = (sources: readonly string[]): ts.Program => {
  const options: ts.CompilerOptions = { noLib: true, types: [], target: ts.ScriptTarget.ES2022 };
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (literals, containingFile) =>
    literals.map(({ text }) => {
      const path = join(dirname(containingFile), text).replace(/\.js$/, '.ts');
      const isFound = text.startsWith('.') && existsSync(path) && path.endsWith('.ts');
      return {
        resolvedModule: isFound ? { resolvedFileName: path, extension: ts.Extension.Ts } : undefined,
      };
    });
  return ts.createProgram(sources, options, host);
};

/** Returns whether a declaration is a class or something to call. */
const isCallable = (declaration: ts.Declaration, checker: ts.TypeChecker): boolean =>
  ts.isClassDeclaration(declaration) ||
  ts.isFunctionDeclaration(declaration) ||
  (ts.isVariableDeclaration(declaration) && checker.getTypeAtLocation(declaration).getCallSignatures().length > 0);

/** Returns whether a declaration has a comment that describes it and shows it in use. */
const isDocumented = (declaration: ts.Declaration): boolean => {
  const comments = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc);
  const isFilled = (comment: string | ts.NodeArray<ts.JSDocComment> | undefined) =>
    (ts.getTextOfJSDocComment(comment) ?? '').trim() !== '';
  return comments.some(
    ({ comment, tags = [] }) =>
      isFilled(comment) && tags.some((tag) => tag.tagName.text === 'example' && isFilled(tag.comment)),
  );
};

/** Returns the public functions and classes by `entry point: name`, each with whether it is documented. */
const documentedExports = (sources: ReadonlyMap<string, string>): Map<string, boolean> => {
  const program = programOf([...sources.values()]);
  const checker = program.getTypeChecker();
  const found = new Map<string, boolean>();
  for (const [entry, path] of sources) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(path)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const declarations = (symbol.declarations ?? []).filter((declaration) => isCallable(declaration, checker));
      if (declarations.length > 0) found.set(`${entry}: ${exported.name}`, declarations.some(isDocumented));
    }
  }
  return found;
};

describe('the public API', () => {
  const found = documentedExports(entryPoints());

  it('has a TSDoc comment with an @example for every function and class', () => {
    const offenders = [...found].filter(([, isDocumented]) => !isDocumented).map(([name]) => name);
    expect(offenders.sort()).toEqual([]);
  });

  it('is found as a whole, through every way to export it', () => {
    const names = [...found.keys()];
    for (const name of [
      '@recsys/backend-simd: registerSimdBackend',
      '@recsys/data: Interactions',
      '@recsys/data/node: writeFileAtomically',
      '@recsys/errors: RecsysError',
      '@recsys/export: toOnnx',
      '@recsys/export/node: exportVectors',
      '@recsys/hstu: HSTU',
      '@recsys/layers: TransformerBlock',
      '@recsys/metrics: ndcg',
      '@recsys/model/node: savedModelHandler',
      '@recsys/sasrec: SASRec',
      '@recsys/serve: createServer',
      '@recsys/serve/client: RecommendationsClient',
      '@recsys/training: fit',
      '@recsys/training/testing: describeSequentialModel',
    ])
      expect(names).toContain(name);
    for (const name of ['@recsys/layers: wiringNames', '@recsys/training: adamSchema'])
      expect(names).not.toContain(name);
  });
});

const sample = `
const bare = (x: number): number => x;
export { bare };

/** Returns a number. */
export const described = (x: number): number => x;

/**
 * Returns a number.
 * @example
 */
export function emptyExample(x: number): number {
  return x;
}

/** @example exampleAlone(1); // 1 */
export const exampleAlone = (x: number): number => x;

/**
 * Returns a number.
 * @example
 * shown(1); // 1
 */
export const shown = (x: number): number => x;

/**
 * Holds a number.
 * @example
 * new Shown(1).x; // 1
 */
export class Shown {
  constructor(readonly x: number) {}
}

/** Not a function. */
export const value = 1;
`;

it('finds a function without a comment, without an example and with an empty one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'recsys-tsdoc-'));
  try {
    writeFileSync(join(folder, 'sample.ts'), sample);
    expect(Object.fromEntries(documentedExports(new Map([['sample', join(folder, 'sample.ts')]])))).toEqual({
      'sample: bare': false,
      'sample: described': false,
      'sample: emptyExample': false,
      'sample: exampleAlone': false,
      'sample: shown': true,
      'sample: Shown': true,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
