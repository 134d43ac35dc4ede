/**
 * Resolves after other tasks have run, so that signals, timers and progress bars get their turn.
 *
 * `tf.nextFrame` would wait for the next frame of the screen in a page and in a worker of one: at most 60 steps a second, and none while the page is
 * hidden.
 */
export const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate !== 'undefined') return void setImmediate(resolve);
    const { port1, port2 } = new MessageChannel(); // a timer would wait 4 ms
    const onmessage = () => {
      port1.close();
      resolve();
    };
    Object.assign(port1, { onmessage });
    port2.postMessage(undefined);
  });
