import { EXIT } from '../core/errors.ts';
import { removeScratch } from '../files/scratch.ts';

let armed = false;

/** On Ctrl-C or a request to end: removes what is half made and exits 130. oclif itself handles no signal. */
export function cancelOnSignals(): void {
  if (armed) return;
  armed = true;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      removeScratch();
      process.stderr.write('\nCancelled; nothing partial was left behind.\n');
      process.exit(EXIT.cancelled);
    });
  }
}
