/** The worker that trains a model: one of its own, so that recommendations go on. */
import { modelArtifacts, selectBackend } from '@recsys/model';
import type { EpochRecord, StepRecord } from '@recsys/training';
import { answerCalls } from './calls.ts';
import { trainModel } from './shop.ts';

/** What happens on the way. */
export type Progress =
  | { readonly ceiling: number }
  | { readonly step: Pick<StepRecord, 'epoch' | 'batch' | 'batches'> }
  | { readonly epoch: EpochRecord };

const stopping = new AbortController();

const functions = {
  train: async (options: { epochs: number; hiddenUnits: number }, onProgress: (progress: Progress) => void) => {
    await selectBackend();
    const { model, result } = await trainModel({
      ...options,
      signal: stopping.signal,
      onCeiling: (ceiling) => onProgress({ ceiling }),
      callbacks: [
        {
          onStep: ({ epoch, batch, batches }) => onProgress({ step: { epoch, batch, batches } }),
          onEpoch: (epoch) => onProgress({ epoch }),
        },
      ],
    });
    return { artifacts: await modelArtifacts(model), result };
  },

  /** Ends training after the step that it is at. */
  stop: () => stopping.abort(),
};
answerCalls(functions);

export type Trainer = typeof functions;
