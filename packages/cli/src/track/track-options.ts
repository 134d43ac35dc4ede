import type { OptionSpecs } from '../options/index.js';

export const trackOptions = {
  track: {
    flags: '--track <where>',
    help: 'also write event files for TensorBoard (tensorboard), or log on an MLflow server (mlflow+http://HOST:PORT#EXPERIMENT); several are separated by commas',
    type: 'strings',
    canBeOff: true,
  },
} as const satisfies OptionSpecs;
