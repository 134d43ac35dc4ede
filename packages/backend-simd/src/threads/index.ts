/** Threads over one shared memory: how many, how they start, and how a kernel is split among them. */
export { threadPlan } from './thread-plan.js';
export { type KernelTime, ThreadPool, type Work } from './thread-pool.js';
