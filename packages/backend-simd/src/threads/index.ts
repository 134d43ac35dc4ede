/** Threads with shared memory: how many there are, how they start, and how they share the work of a kernel. */
export { threadPlan } from './thread-plan.js';
export { type KernelTime, ThreadPool, type Work } from './thread-pool.js';
