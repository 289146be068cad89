import type { LogStamp } from '../../keys/log/entry.ts';
import { appendLog, logPath } from '../log/append.ts';
import { loadSettings } from '../settings.ts';
import { keyFolder } from '../signers.ts';

/** A step of a ceremony, to be logged. */
export interface CeremonyStep {
  readonly step: 'root-init' | 'root-edit' | 'root-request';
  readonly what: string;
  readonly stamp: LogStamp;
  /** Instead of the log beside the project's keys. */
  readonly path: string | undefined;
}

/** The step that a command is, told as it was given: no secret is ever an argument. */
export const ceremonyStep = (
  step: CeremonyStep['step'],
  command: { readonly id?: string | undefined; readonly argv: readonly string[] },
  stamp: LogStamp,
  path: string | undefined,
): CeremonyStep => ({
  step,
  what: [...(command.id ?? '').split(':'), ...command.argv].join(' '),
  stamp,
  path,
});

/**
 * Logs a step of a ceremony with the file that it makes.
 *
 * @param sha256 of the proposal or request
 * @throws OtaError as `appendLog`
 */
export async function logCeremony({ step, what, stamp, path }: CeremonyStep, sha256: string): Promise<void> {
  await appendLog(path ?? logPath(keyFolder((await loadSettings()).keys[0])), { step, what, sha256 }, stamp);
}
