@unmanaged
export class TopKArguments {
  /** `[rows, width]`. */
  x: usize;
  /** `[rows, k]`. */
  values: usize;
  indices: usize;
  width: i32;
  k: i32;
}

/**
 * Rows `begin .. end - 1` of the k largest values, largest first, and their indices. Among equals the lower index comes
 * first. NaN counts as smaller than any number.
 */
export function topK(args: TopKArguments, begin: i32, end: i32, scratch: usize): void {
  const width = args.width;
  const k = args.k;
  for (let row = begin; row < end; row++) {
    const x = args.x + <usize>row * <usize>(width << 2);
    const values = args.values + <usize>row * <usize>(k << 2);
    const indices = args.indices + <usize>row * <usize>(k << 2);
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
