import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SharedHeap } from './shared-heap.js';

/** Returns a heap of 64 KiB that cannot grow. */
const fullHeap = () =>
  new SharedHeap({
    buffer: new SharedArrayBuffer(65536),
    grow: () => {
      throw new RangeError();
    },
  } as unknown as WebAssembly.Memory);

describe('SharedHeap', () => {
  it('never allocates the same bytes twice (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.nat(9)), { maxLength: 200 }), (requests) => {
        const heap = new SharedHeap();
        const blocks: { address: number; bytes: number }[] = [];
        for (const [bytes, drop] of requests) {
          if (drop < 4 && blocks.length > 0) {
            const [block] = blocks.splice(drop % blocks.length, 1);
            heap.free(block!.address, block!.bytes);
          }
          const address = heap.allocate(bytes);
          expect(address % 64).toBe(0);
          for (const block of blocks)
            expect(address + bytes <= block.address || block.address + block.bytes <= address).toBe(true);
          blocks.push({ address, bytes });
        }
        for (const { address, bytes } of blocks) heap.free(address, bytes);
        expect(heap.bytesInUse).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('has room for any sizes in turn while they fit, without growing (property)', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 60 }), (batches) => {
        const heap = fullHeap();
        const kept = heap.allocate(1000); // in the middle of it all, as weights are
        for (const batch of batches) {
          const blocks = batch.map((bytes) => ({ bytes, address: heap.allocate(bytes) }));
          for (const { bytes, address } of blocks) heap.free(address, bytes);
        }
        heap.free(kept, 1000);
        expect(heap.bytesInUse).toBe(0);
        expect(heap.allocate(49_152)).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  it('merges free blocks before it grows, if they are more than what is in use', () => {
    const heap = new SharedHeap();
    const megabyte = 2 ** 20;
    const blocks = Array.from({ length: 80 }, () => heap.allocate(megabyte));
    const reserved = heap.bytesReserved;
    for (const address of blocks) heap.free(address, megabyte);
    const [first, second] = [heap.allocate(40 * megabyte), heap.allocate(30 * megabyte)];
    expect([heap.bytesReserved, Math.abs(first - second) >= 30 * megabyte]).toEqual([reserved, true]);
  });

  it('reports when memory is full', () => {
    const heap = fullHeap();
    heap.allocate(40_000);
    expect(() => heap.allocate(40_000)).toThrow(
      /no room for 40000 bytes; 40960 of 65536 are in use, and 4 GiB is the limit/,
    );
    const block = heap.allocate(10_000);
    heap.allocate(8000);
    heap.free(block, 10_000);
    expect(heap.allocate(5000)).toBe(block);
  });

  it('says when memory has grown', () => {
    const heap = new SharedHeap();
    const sizes: number[] = [];
    heap.whenGrown = () => sizes.push(heap.memory.buffer.byteLength);
    heap.allocate(1000);
    expect(sizes).toEqual([]);
    heap.allocate(2 * heap.bytesReserved);
    expect(sizes).toEqual([heap.bytesReserved]);
  });

  it('rejects releasing a block twice', () => {
    const heap = new SharedHeap();
    const block = heap.block(100);
    block.holders += 1;
    heap.release(block);
    heap.release(block);
    expect(heap.bytesInUse).toBe(0);
    expect(() => heap.release(block)).toThrow(`the block at ${block.address} was released twice`);
    expect(heap.bytesInUse).toBe(0);
  });
});
