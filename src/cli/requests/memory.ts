import { readSmallFileIfPresent } from '../../files/read.ts';
import type { Signed } from '../../requests/signed-before.ts';
import { checkLog } from '../log/read.ts';

/**
 * What was signed before with the keys beside a log.
 *
 * @throws OtaError `log-broken`: who cannot trust the log is not to sign on
 */
export async function signedBefore(log: string): Promise<readonly Signed[]> {
  if ((await readSmallFileIfPresent(log, Number.MAX_SAFE_INTEGER)) === undefined) return [];
  const signed: Signed[] = [];
  await checkLog(log, undefined, ({ step, what, sha256 }) => {
    if (step === 'sign') signed.push({ what, ...(sha256 === undefined ? {} : { sha256 }) });
  });
  return signed;
}
