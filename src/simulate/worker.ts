import { parentPort } from 'node:worker_threads';
import { receivedError, sentError } from '../core/sent-error.ts';
import type { ReadStore } from '../storage/store.ts';
import type { Asked, FromThread, ToThread } from './messages.ts';
import { FleetPart } from './part.ts';
import { remembered, replayed } from './remembered.ts';

/* A thread that runs parts of a fleet, one after the other. It reads the store through the main thread. */

const port = parentPort;
if (!port) throw new TypeError('this is for a worker thread');
const say = (message: FromThread) => port.postMessage(message);

const waiting = new Map<number, (answer: ToThread) => void>();
let asked = 0;

function ask<T>(what: Asked): Promise<T> {
  asked += 1;
  const number = asked;
  return new Promise<T>((resolve, reject) => {
    waiting.set(number, (answer) => {
      if ('found' in answer) resolve(answer.found as T);
      else reject(receivedError(answer as Extract<ToThread, { refused: unknown }>));
    });
    say({ ask: number, ...what });
  });
}

const storeOf = (url: string): ReadStore => ({
  url,
  read: (key, maxBytes) => ask({ op: 'read', key, maxBytes }),
  stream: async (key) => {
    const pieces = await ask<readonly Uint8Array[] | undefined>({ op: 'stream', key });
    return pieces && replayed(pieces);
  },
  stat: (key) => ask({ op: 'stat', key }),
});

let part: FleetPart | undefined;

port.on('message', async (message: ToThread) => {
  if ('fleet' in message) part = new FleetPart(message.fleet, remembered(storeOf(message.url)));
  else if ('answer' in message) {
    waiting.get(message.answer)?.(message);
    waiting.delete(message.answer);
  } else {
    try {
      if (!part) throw new Error('a part came before its fleet');
      say({ run: await part.run(...message.part) });
    } catch (error) {
      say(sentError(error));
    }
  }
});
