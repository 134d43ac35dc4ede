import type { TrainingCallbacks } from './records.js';

/** Returns callbacks that call each of a list in turn. */
export const callInTurn = (callbacks: readonly TrainingCallbacks[]): Required<TrainingCallbacks> => ({
  onStart: async (record) => {
    for (const each of callbacks) await each.onStart?.(record);
  },
  onStep: (record) => {
    for (const each of callbacks) each.onStep?.(record);
  },
  onValidation: (done, total) => {
    for (const each of callbacks) each.onValidation?.(done, total);
  },
  onEpoch: (record, best) => {
    for (const each of callbacks) each.onEpoch?.(record, best && { ...best });
  },
  onResume: (record) => {
    for (const each of callbacks) each.onResume?.(record);
  },
  onLog: async (line) => {
    for (const each of callbacks) await each.onLog?.(line);
  },
  onEnd: async (record) => {
    for (const each of callbacks) await each.onEnd?.(record);
  },
});
