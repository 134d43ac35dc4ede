import { readFileSync } from 'node:fs';

/** Returns the peak resident memory of this process, in MiB. */
export const peakMegabytes = (): number => Math.round(process.resourceUsage().maxRSS / 1024);

/** Returns the peak resident memory of another process, in MiB; 0 if it has exited. Needs Linux. */
export const peakMegabytesOf = (pid: number): number => {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
};
