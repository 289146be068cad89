import { expect, it } from 'vitest';
import { updateLines } from '../../../../src/cli/views/update.ts';
import type { UpdateReport } from '../../../../src/device/report.ts';
import { HARDWARE, name, PRODUCT, STABLE, version } from '../../../support/release.ts';

const report: UpdateReport = {
  product: PRODUCT,
  hardware: HARDWARE,
  channel: STABLE,
  from: version('1.0.0'),
  to: version('1.1.0'),
  changed: true,
  components: [
    { component: name('app'), action: 'full', to: version('1.1.0'), bytes: 2048, imageBytes: 4096 },
  ],
  downloadedBytes: 2048,
};
const advice = [{ where: 'timestamp', message: 'version 3 expired at 2026-01-01T00:00:00Z' }];

it('what comes from a medium is read, and what is odd about its age is told', () => {
  const lines = (more: Partial<UpdateReport>) => updateLines({ ...report, ...more }, 1).join('\n');
  expect(lines({})).toContain('2.0 KiB downloaded in 1.0 s');
  const carried = lines({ medium: { made: 0, advice } });
  expect(carried).toContain('2.0 KiB read in 1.0 s');
  expect(carried).not.toContain('downloaded');
  expect(carried).toContain('note: timestamp: version 3 expired at 2026-01-01T00:00:00Z');
  expect(lines({ changed: false, medium: { made: 0, advice: [] } })).toBe(
    'The device is at gateway 1.1.0, the newest on the medium; nothing to do.',
  );
});
