import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { typescriptOf } from '../scripts/generate-arguments.mjs';
import { headerOf, layoutOf } from '../scripts/generate-header.mjs';
import { declarationsOf, kernelDeclarations } from '../scripts/kernel-declarations.mjs';
import { kernels, layout } from './generated/arguments.js';

const family = `
/** Rows in a block. */
export const ROW_BLOCK: i32 = 16;
const PRIVATE: i32 = 3;
export const DIFFERS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
export const enum Kind { First, Second }
@unmanaged
export class Common { scale: f32; }
@unmanaged
export class ShiftArguments extends Common {
  /** Where from. */
  from: usize;
  back: Flag;
}
@unmanaged
export class Entry { count: i32; to: usize; }
/** Shifts rows. */
export function shift(args: ShiftArguments, begin: i32, end: i32, scratch: usize): void {}
export function scratchOf(rows: i32): i32 { return rows; }
export function helper(x: usize): void {}
`;
const read = (text: string, index = "export { scratchOf, shift } from './rows';") =>
  declarationsOf(
    new Map([
      ['index.ts', index],
      ['rows.ts', text],
    ]),
  );

describe('kernelDeclarations', () => {
  it('reads constants, enums, structs with offsets, kernels and other functions', () => {
    const { constants, enums, structs, kernels, functions } = read(family);
    expect(constants).toEqual([{ name: 'ROW_BLOCK', doc: 'Rows in a block.', value: 16 }]);
    expect(enums).toEqual([{ name: 'Kind', doc: '', members: ['First', 'Second'] }]);
    expect(structs).toEqual([
      {
        name: 'Common',
        doc: '',
        base: undefined,
        bytes: 4,
        fields: [{ name: 'scale', type: 'f32', doc: '', offset: 0 }],
      },
      {
        name: 'ShiftArguments',
        doc: '',
        base: 'Common',
        bytes: 12,
        fields: [
          { name: 'from', type: 'usize', doc: 'Where from.', offset: 4 },
          { name: 'back', type: 'Flag', doc: '', offset: 8 },
        ],
      },
      {
        name: 'Entry',
        doc: '',
        base: undefined,
        bytes: 8,
        fields: [
          { name: 'count', type: 'i32', doc: '', offset: 0 },
          { name: 'to', type: 'usize', doc: '', offset: 4 },
        ],
      },
    ]);
    expect(kernels).toEqual([{ name: 'shift', doc: 'Shifts rows.', args: 'ShiftArguments', family: 'rows' }]);
    expect(functions).toEqual([{ name: 'scratchOf', doc: '', parameters: ['rows'] }]);
  });

  it.each([
    ['export { shift, missing } from "./rows";', family, 'index.ts exports missing, which no file does'],
    [undefined, family.replace('back: Flag', 'back: bool'), 'ShiftArguments.back is bool; a field is one of'],
    [
      undefined,
      family.replace('extends Common', 'extends Other'),
      'ShiftArguments extends Other, which is not exported',
    ],
    [
      undefined,
      family.replace('begin: i32', 'begin: usize'),
      'kernel shift must take (args, begin: i32, end: i32, scratch: usize)',
    ],
    [
      undefined,
      family.replace('args: ShiftArguments', 'args: usize'),
      'kernel shift takes usize, which is no exported class',
    ],
    [undefined, family.replace('First', 'First = 1'), 'Kind.First must count from 0'],
  ])('rejects declarations without a counterpart (%#)', (index, text, message) => {
    expect(() => read(text, index)).toThrow(message);
  });
});

describe('typescriptOf', () => {
  const printed = typescriptOf(read(family));

  it('prints functions that write each argument where the kernel reads it', () => {
    expect(printed).toContain('export const ROW_BLOCK = 16;');
    expect(printed).toContain('export interface ShiftArguments extends Common {');
    expect(printed).toContain('readonly back: boolean;');
    expect(printed).toMatch(
      /const from = resolve\(args\.from\);\n {2}floats\[0] = args\.scale;\n {2}words\[1] = from;\n {2}words\[2] = args\.back \? 1 : 0;\n};/,
    );
    expect(printed).toContain('shift: { number: 0, write: writeShiftArguments },');
    expect(printed).toContain('to: words[1] >>> 0,');
    expect(printed).toContain('scratchOf(rows: number): number;');
  });

  it('matches the generated file: addresses above 2 GiB keep their bits', () => {
    const words = new Int32Array(16);
    const args = { table: 0xffff_ffc0, indices: 1, y: 2, width: 3 };
    kernels.gatherRows.write(args, Number, words, new Float32Array(words.buffer));
    expect(Array.from(words.subarray(0, 4))).toEqual([-64, 1, 2, 3]);
  });
});

describe('headerOf', () => {
  const declarations = read(family);

  it('prints the same arguments for C++', () => {
    const printed = headerOf(declarations);
    expect(printed).toContain('constexpr int32_t ROW_BLOCK = 16;');
    expect(printed).toContain('enum class Kind : int32_t { First, Second };');
    expect(printed).toMatch(
      /struct ShiftArguments : Common {\n {2}\/\*\* Where from\. \*\/\n {2}Address from;\n {2}int32_t back;\n};/,
    );
    expect(printed).toContain('static_assert(sizeof(ShiftArguments) == 12,');
    expect(printed).toContain('  KERNEL(shift, ShiftArguments)');
  });

  it('has another layout for other arguments, and the same for other comments', () => {
    const layoutIf = (text: string) => layoutOf(read(text));
    expect(layoutIf(family.replace('Where from', 'The source'))).toBe(layoutOf(declarations));
    expect(layoutIf(family.replace('back: Flag', 'back: i32'))).not.toBe(layoutOf(declarations));
    expect(layoutIf(family.replace('= 16', '= 8'))).not.toBe(layoutOf(declarations));
  });

  it('has written the header that the native kernels are compiled with, and the layout that is expected of them', () => {
    const ours = kernelDeclarations(new URL('../assembly/', import.meta.url));
    expect(readFileSync(new URL('../native/generated/arguments.h', import.meta.url), 'utf8')).toBe(headerOf(ours));
    expect(layout).toBe(layoutOf(ours));
  });
});
