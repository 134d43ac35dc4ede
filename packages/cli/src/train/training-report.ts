import type { SASRec } from '@recsys/sasrec';
import { evaluate, type FitOptions, markovChainBaseline, popularityBaseline } from '@recsys/training';
import { RunDirectory } from '@recsys/training/node';
import type { LoadedSplit, RunInfo } from '../options/index.js';
import { formatCount, formatMetrics, formatProtocol, formatSeconds, type Reporter } from '../reporter.js';

/** Returns callbacks of `fit` that report each epoch, and show progress between. */
export const trainingReport = (reporter: Reporter, epochs: number): NonNullable<FitOptions['callbacks']>[number] => {
  let secondsBefore = 0;
  return {
    onResume: ({ epoch, batch, step, seconds, refused }) => {
      secondsBefore = seconds;
      for (const { reason } of refused) reporter.remark(`skipped a damaged checkpoint: ${reason}`);
      reporter.report('resumed', `at epoch ${epoch}, batch ${batch}`, { epoch, batch, step });
    },
    onStep: ({ epoch, batch, batches, loss }) =>
      reporter.progress(`epoch ${epoch}/${epochs}`, batch, batches, `loss ${loss.toFixed(4)}`),
    onValidation: (done, total) => {
      if (done < total) reporter.progress('validation', done, total);
      else reporter.stopBar();
    },
    onEpoch: ({ epoch, loss, seconds, validation, ...rest }, best) => {
      const metrics = Object.entries(validation ?? {}).map(
        ([name, value]) => `${name.toUpperCase()} ${value.toFixed(4)}`,
      );
      const remark =
        best === undefined
          ? ''
          : best.epoch === epoch
            ? '  best so far'
            : `  (best ${best.value.toFixed(4)} at ${best.epoch})`;
      const took = seconds - secondsBefore;
      secondsBefore = seconds;
      const left = formatSeconds((epochs - epoch) * took);
      reporter.report(
        'epoch',
        `${epoch}/${epochs}  loss ${loss.toFixed(4)}  ${metrics.join('  ')}${remark}  ${formatSeconds(took)}/epoch  eta ${left}`,
        {
          epoch,
          loss,
          seconds,
          ...(validation && { validation }),
          ...rest,
        },
      );
    },
  };
};

/** A run whose training has ended. */
interface TestedRun {
  readonly model: SASRec;
  readonly loaded: LoadedSplit;
  readonly runDirectory: string;
  readonly info: RunInfo;
}

/** Tests the model and the baselines on the same candidates, and adds the result to the run's log. */
export const reportTest = async (
  reporter: Reporter,
  { model, loaded, runDirectory, info }: TestedRun,
  epoch: number,
): Promise<void> => {
  const { protocol, k } = info;
  const { test, train } = loaded.split;
  for (const [name, baseline] of [
    ['popularity', popularityBaseline(train)],
    ['Markov chain', markovChainBaseline(train)],
  ] as const) {
    const result = await evaluate(baseline, test, { protocol, k });
    reporter.report('baseline', `${formatMetrics(result)}   ${name}`, { name, metrics: result.metrics });
  }
  const result = await evaluate(model, test, {
    protocol,
    k,
    onProgress: (done, total) => (done < total ? reporter.progress('test', done, total) : reporter.stopBar()),
  });
  const record = { protocol, numTargets: result.numTargets, epoch, metrics: result.metrics };
  await (await RunDirectory.open(runDirectory)).log({ event: 'test', ...record });
  reporter.report('test', `${formatMetrics(result)}   ${formatProtocol(result)}, epoch ${epoch}`, record);
};

/** Reports what is in the data file. */
export const reportData = (reporter: Reporter, path: string, loaded: LoadedSplit): void => {
  const { users, items, interactions, medianLength, skipped } = loaded;
  const parts = [
    path,
    `${formatCount(users)} users`,
    `${formatCount(items)} items`,
    `${formatCount(interactions)} interactions`,
    `median length ${medianLength}`,
  ];
  if (skipped > 0) parts.push(`${formatCount(skipped)} lines skipped`);
  reporter.report('data', parts.join(' · '), { path, users, items, interactions, medianLength, skipped });
};

/** Reports the configuration and the size of the model. */
export const reportModel = (reporter: Reporter, model: SASRec): void => {
  const { catalog: _, ...config } = model.config;
  const weights = model.trainableWeights().reduce((sum, { variable }) => sum + variable.size, 0);
  const { wiring, hiddenUnits, numBlocks, numHeads, maxLength } = config;
  const text = [
    `SASRec ${wiring} wiring`,
    `${hiddenUnits} units`,
    `${numBlocks} blocks`,
    `${numHeads} ${numHeads === 1 ? 'head' : 'heads'}`,
    `maxLength ${maxLength}`,
    `${formatCount(weights)} weights`,
  ];
  reporter.report('model', text.join(' · '), { ...config, weights });
};
