import { readFileSync } from 'node:fs';

/** Returns the largest resident memory that this process has had, in MiB. */
export const peakMegabytes = (): number => Math.round(process.resourceUsage().maxRSS / 1024);

/** Returns the largest resident memory that another process has had, in MiB; 0 when it is gone. Needs Linux. */
export const peakMegabytesOf = (pid: number): number => {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
};
