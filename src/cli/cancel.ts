import { EXIT, OtaError } from '../core/errors.ts';
import { removeScratch } from '../files/scratch.ts';
import { type CommitOutcome, endCommit, isCommitting } from '../storage/commit.ts';
import { errorJson } from './errors-view.ts';

let armed = false;

/**
 * On Ctrl-C or a request to end: removes what is half made on this machine and exits 130. While the timestamp is being replaced, waits
 * for the answer and says what really happened; a second signal does not wait. oclif itself handles no signal.
 *
 * @param json whether the result goes to stdout as JSON
 */
export function cancelOnSignals(json: boolean): void {
  if (armed) return;
  armed = true;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      if (!isCommitting()) return end(json, NOTHING);
      if (!json) process.stderr.write('\nThe last write is under way; asking the store what became of it…\n');
      void endCommit().then((outcome = 'unknown') => end(json, OUTCOMES[outcome]));
    });
  }
}

interface End {
  readonly message: string;
  readonly hint: string;
}

const NOTHING: End = { message: 'no file was left half written', hint: 'Run the same command again.' };

const OUTCOMES: Readonly<Record<CommitOutcome, End>> = {
  published: {
    message: 'but all of it is published: the last write had reached the store',
    hint: 'Nothing is left to do. Running the same command again shows it.',
  },
  'not-published': {
    message: 'and nothing of it is published: the last write has not reached the store',
    hint: 'Devices see what they saw before. Run the same command again.',
  },
  unknown: {
    message: 'while the last write was under way, and the store does not say what became of it',
    hint: 'Run the same command again: it does what is left to do, if anything is.',
  },
};

function end(json: boolean, { message, hint }: End): void {
  removeScratch();
  const cancelled = new OtaError('cancelled', `cancelled; ${message}`, { hint });
  if (json) process.stdout.write(`${JSON.stringify(errorJson(cancelled), null, 2)}\n`);
  else process.stderr.write(`\nCancelled; ${message}. ${hint}\n`);
  process.exit(EXIT.cancelled);
}
