import { parentPort } from 'node:worker_threads';
import { sentError } from '../../core/sent-error.ts';
import type { Message } from './message.ts';
import { type DeltaTask, runTask } from './task.ts';

/*
 * A thread that makes deltas, one after the other. It writes no file: what it made goes to the main thread, which alone knows what to
 * remove when it is cancelled.
 */

/** Between two reports of progress, in milliseconds. */
const PAUSE = 100;

const port = parentPort;
if (!port) throw new TypeError('this is for a worker thread');

port.on('message', async (task: DeltaTask) => {
  let last = 0;
  const say = (message: Message, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  const report = (fraction: number) => {
    const now = performance.now();
    if (now - last < PAUSE) return;
    last = now;
    say({ fraction });
  };
  try {
    const done = await runTask(task, report);
    const buffer = done.made?.bytes.buffer;
    say({ done }, buffer instanceof ArrayBuffer ? [buffer] : []);
  } catch (error) {
    say(sentError(error));
  }
});
