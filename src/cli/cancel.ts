import { EXIT, OtaError } from '../core/errors.ts';
import { removeScratch } from '../files/scratch.ts';
import { errorJson } from './errors-view.ts';

let armed = false;

/**
 * On Ctrl-C or a request to end: removes what is half made on this machine and exits 130. oclif itself handles no signal.
 *
 * @param json whether the result goes to stdout as JSON
 */
export function cancelOnSignals(json: boolean): void {
  if (armed) return;
  armed = true;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      removeScratch();
      const cancelled = new OtaError('cancelled', 'cancelled; no file was left half written', {
        hint: 'Run the same command again.',
      });
      if (json) process.stdout.write(`${JSON.stringify(errorJson(cancelled), null, 2)}\n`);
      else process.stderr.write('\nCancelled; no file was left half written. Run the same command again.\n');
      process.exit(EXIT.cancelled);
    });
  }
}
