import { integer, pointer } from './vector';

/**
 * Copies runs `begin .. end - 1` of a box between two arrays. Integers: x, y, sides of the two inner axes, bytes of a run, then bytes from
 * one place to the next on each of the three axes, of x and of y. Run r is (r / (s1 · s2), r / s2 % s1, r % s2).
 */
export function copyBox(args: usize, begin: i32, end: i32, scratch: usize): void {
  const s1 = integer(args, 2), s2 = integer(args, 3), bytes = pointer(args, 4);
  for (let run = begin; run < end; run++) {
    const i2 = <usize>(run % s2), i1 = <usize>((run / s2) % s1), i0 = <usize>(run / (s2 * s1));
    memory.copy(
      pointer(args, 1) + i0 * pointer(args, 8) + i1 * pointer(args, 9) + i2 * pointer(args, 10),
      pointer(args, 0) + i0 * pointer(args, 5) + i1 * pointer(args, 6) + i2 * pointer(args, 7),
      bytes,
    );
  }
}

/** Blocks of 1,024 elements `begin .. end - 1` of y = condition ? a : b. Integers: condition (bytes), a, b, y, size. */
export function select(args: usize, begin: i32, end: i32, scratch: usize): void {
  const last = min(end << 10, integer(args, 4));
  for (let i = begin << 10; i < last; i++) {
    const at = <usize>(i << 2);
    const from = load<u8>(pointer(args, 0) + <usize>i) ? pointer(args, 1) : pointer(args, 2);
    store<f32>(pointer(args, 3) + at, load<f32>(from + at));
  }
}

/**
 * Rows `begin .. end - 1` of the k largest values, largest first, the lower index first among equals, and their indices. Integers: x, values,
 * indices, width, k. NaN counts as smaller than any number.
 */
export function topK(args: usize, begin: i32, end: i32, scratch: usize): void {
  const width = integer(args, 3), k = integer(args, 4);
  for (let row = begin; row < end; row++) {
    const x = pointer(args, 0) + (<usize>row * <usize>(width << 2));
    const values = pointer(args, 1) + (<usize>row * <usize>(k << 2)), indices = pointer(args, 2) + (<usize>row * <usize>(k << 2));
    let kept = 0;
    for (let i = 0; i < width; i++) {
      const value = load<f32>(x + <usize>(i << 2));
      if (kept == k && !(value > load<f32>(values + <usize>((k - 1) << 2)))) continue;
      let place = kept < k ? kept : k - 1;
      for (; place > 0; place--) {
        const before = values + <usize>((place - 1) << 2);
        const above = load<f32>(before);
        if (above >= value || (value != value && above == above)) break;
        store<f32>(before, above, 4);
        const index = indices + <usize>((place - 1) << 2);
        store<i32>(index, load<i32>(index), 4);
      }
      store<f32>(values + <usize>(place << 2), value);
      store<i32>(indices + <usize>(place << 2), i);
      if (kept < k) kept++;
    }
  }
}
