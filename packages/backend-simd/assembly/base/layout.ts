/**
 * Constants and types shared by the kernels and TypeScript. The build copies every exported constant of `assembly/`
 * that is a plain number, and every exported `enum` and `@unmanaged` class, to `src/generated/arguments.ts`.
 */

/** A `boolean` in an argument block. */
export type Flag = i32;
/** A number of bytes. A plain `usize` is an address; TypeScript can pass a tensor instead. */
export type Bytes = usize;
/** An address, or 0 for none. */
export type Optional = usize;

// Addresses below the heap.
/** Address of the 256 words of the fork-join protocol. */
export const CONTROL: usize = 1024;
/** Address of the argument block of a launch, up to `ZEROS`. */
export const ARGUMENTS: usize = 2048;
/** Address of 64 bytes that are always zero, from which sums start. */
export const ZEROS: usize = 3072;
/** Address of the first block of the heap. */
export const HEAP: usize = 4096;

/** Kernels may read this many bytes beyond the end of an allocation. They never write there. */
export const SLACK_BYTES: usize = 64;

/** Elements in a block of an element-wise kernel. */
export const ELEMENT_BLOCK: i32 = 1024;
/**
 * Tokens in a block of a gradient that is summed over tokens. The blocks are summed one by one and then added up in
 * order, so the result does not depend on the number of threads.
 */
export const TOKEN_BLOCK: i32 = 128;
/**
 * Tokens for which the kernels of a transformer block take all their steps before the next ones, so that what is between
 * the steps stays in the cache. A multiple of the rows of every tile.
 */
export const TOKENS_AT_ONCE: i32 = 96;
