import { hostname, userInfo } from 'node:os';
import { formatTime, type Seconds } from '../../core/time.ts';
import type { LogStamp } from '../../keys/log/entry.ts';

/** Who runs this, with what, and when. @param version of the tool */
export const logStamp = (version: string, now: Seconds): LogStamp => ({
  by: `${userName()}@${hostname()}`,
  tool: `ota ${version}`,
  at: formatTime(now),
});

/** A container may run as a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
