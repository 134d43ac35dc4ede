/**
 * Writes the matrix micro-kernels: one function per tile size, with its accumulators in local variables. AssemblyScript
 * has no macros, and the sums stay in registers only if a tile is unrolled.
 *
 * tileN: A is row-major, its columns are adjacent. tileT: A is given transposed, its rows are adjacent.
 */
const rowCounts = [1, 2, 3, 4, 5, 6];
const vectorCounts = [1, 2];

const range = (count) => Array.from({ length: count }, (_, i) => i);

const tile = (form, rows, vectors) => {
  const each = (f) => range(rows).map(f).join('\n');
  const accumulators = (r) => range(vectors).map((v) => `c${r}${v}`);
  const load = (r) =>
    accumulators(r)
      .map((name, v) => `let ${name} = v128.load(init, ${16 * v});`)
      .join(' ');
  const loadB = (offset) =>
    range(vectors)
      .map((v) => `const b${v} = v128.load(b${offset}, ${16 * v});`)
      .join(' ');
  const multiply = (r, address) =>
    `s = v128.load32_splat(${address}); ${accumulators(r)
      .map((name, v) => `${name} = madd(s, b${v}, ${name});`)
      .join(' ')}`;
  const n = form === 'N';
  const pointers = n ? each((r) => (r === 0 ? 'let a0 = a;' : `let a${r} = a${r - 1} + aStride;`)) : '';
  const step = (k) =>
    `{ ${loadB(k === 0 ? '' : ' + bRow')}\n${each((r) => multiply(r, n ? `a${r}, ${4 * k}` : `a${k === 0 ? '' : ' + aStride'}, ${4 * r}`))} }`;
  const advance = (k) =>
    n
      ? `${range(rows)
          .map((r) => `a${r} += ${4 * k};`)
          .join(' ')} b += bRow${k === 2 ? ' << 1' : ''};`
      : `a += aStride${k === 2 ? ' << 1' : ''}; b += bRow${k === 2 ? ' << 1' : ''};`;
  const stores = each((r) => {
    const names = accumulators(r);
    const whole = names.map((name, v) => `v128.store(c, ${name}, ${16 * v});`).join(' ');
    const last = names.length - 1;
    const partial = `${last > 0 ? `v128.store(c, ${names[0]}); ` : ''}storeLanes(c + ${16 * last}, ${names[last]}, columns - ${4 * last});`;
    return `if (whole) { ${whole} } else { ${partial} } c += cRow;`;
  });
  const relu = each((r) =>
    accumulators(r)
      .map((name) => `${name} = f32x4.pmax(${name}, zero);`)
      .join(' '),
  );
  return `
export function tile${form}${rows}x${vectors}(a: usize, aStride: usize, b: usize, bRow: usize, k: i32, init: usize, initRow: usize, c: usize, cRow: usize, columns: i32, relu: i32): void {
${each((r) => `${load(r)} ${r < rows - 1 ? 'init += initRow;' : ''}`)}
${pointers}
let s: v128;
if (UNROLL == 2) {
for (; k >= 2; k -= 2) {
${step(0)}
${step(1)}
${advance(2)}
}
}
for (; k > 0; k--) {
${step(0)}
${advance(1)}
}
if (relu) { const zero = f32x4.splat(0);
${relu} }
const whole = columns >= ${4 * vectors};
${stores}
}
`;
};

const dispatch = (form) => `
/** Multiplies one tile of \`rows\` rows, 1 .. 6, by \`columns\` columns, 1 .. 8. */
export function tile${form}(rows: i32, a: usize, aStride: usize, b: usize, bRow: usize, k: i32, init: usize, initRow: usize, c: usize, cRow: usize, columns: i32, relu: i32): void {
if (columns > 4) {
${[...rowCounts]
  .reverse()
  .map(
    (r) =>
      `if (rows == ${r}) { tile${form}${r}x2(a, aStride, b, bRow, k, init, initRow, c, cRow, columns, relu); return; }`,
  )
  .join('\n')}
} else {
${[...rowCounts]
  .reverse()
  .map(
    (r) =>
      `if (rows == ${r}) { tile${form}${r}x1(a, aStride, b, bRow, k, init, initRow, c, cRow, columns, relu); return; }`,
  )
  .join('\n')}
}
}
`;

export const tiles = () => `// Written by scripts/generate-tiles.mjs.
import { madd, storeLanes, UNROLL } from '../base/vector';
${['N', 'T'].map((form) => rowCounts.flatMap((r) => vectorCounts.map((v) => tile(form, r, v))).join('') + dispatch(form)).join('')}`;
