import { formatSize } from '../../core/sizes.ts';
import { DAY, formatTime } from '../../core/time.ts';
import type { Simulation } from '../../simulate/simulate.ts';
import { labelsOf, restartsText } from './simulation.ts';

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [860, 320, 44, 24];
/** Told apart by people who do not see all colours (Okabe and Ito). */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#555555'];

/** A page with one picture: how many percent of the devices have which release. It loads nothing and runs nothing. */
export function simulationPage(simulation: Simulation): string {
  const { product, channel, head, devices, seed, moments, updates, refusals, downloadBytes } = simulation;
  const title = `${product} on ${channel}: ${devices.toLocaleString('en')} devices on their way to ${head}`;
  const rows = updates.map((sum) =>
    row('td', [
      sum.from ?? 'none',
      sum.to,
      sum.hardware,
      sum.devices.toLocaleString('en'),
      formatSize(Math.round(sum.bytes / sum.devices)),
      formatSize(sum.bytes),
      restartsText(sum),
    ]),
  );
  const [first, last] = [moments.at(0)?.at ?? 0, moments.at(-1)?.at ?? 0];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;color:#222;background:#fff}
h1{font-size:1.4em;line-height:1.3}
svg{width:100%;height:auto}svg text{font-size:12px;fill:#444}polygon{stroke:#fff;stroke-width:.5}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.2em 1.4em .2em 0;text-align:left;white-space:nowrap}
td:nth-child(n+4),th:nth-child(n+4){text-align:right}tr+tr td{border-top:1px solid #ddd}
.key{margin-right:1.2em;white-space:nowrap}.key i{display:inline-block;width:.9em;height:.9em;margin-right:.4em;vertical-align:-.1em}
@media (prefers-color-scheme:dark){body{color:#ddd;background:#1a1a1a}svg text{fill:#bbb}polygon{stroke:#1a1a1a}tr+tr td{border-color:#444}}
</style>
<h1>${escaped(title)}</h1>
<p>${formatTime(first)} to ${formatTime(last)}, ${formatSize(downloadBytes)} downloaded, seed ${escaped(seed)}</p>
${chart(simulation)}
<p>${labelsOf(simulation)
    .map(
      (label, index) =>
        `<span class="key"><i style="background:${colour(index)}"></i>${escaped(named(label))}</span>`,
    )
    .join('\n')}</p>
<div class="wide"><table>
${row('th', ['from', 'to', 'hardware', 'devices', 'each', 'in all', 'restarts'])}
${rows.join('\n')}
</table></div>
${refusals.map((sum) => `<p>${sum.devices.toLocaleString('en')} refuse (${sum.code}): ${escaped(sum.message)}</p>`).join('\n')}
</html>
`;
}

/** Areas one above the other; what devices have after a time holds until the next one. */
function chart(simulation: Simulation): string {
  const { moments, devices } = simulation;
  const slot = (WIDTH - LEFT) / moments.length;
  const x = (index: number) => (LEFT + index * slot).toFixed(1);
  const y = (count: number) => (HEIGHT * (1 - count / devices)).toFixed(1);
  const floor = moments.map(() => 0);
  const areas = labelsOf(simulation).map((label, place) => {
    const below = [...floor];
    for (const [index, { releases }] of moments.entries())
      floor[index] = (floor[index] ?? 0) + (releases[label] ?? 0);
    const edge = (counts: readonly number[]) =>
      counts.flatMap((count, index) => [`${x(index)},${y(count)}`, `${x(index + 1)},${y(count)}`]);
    const points = [...edge(floor), ...edge(below).toReversed()].join(' ');
    return `<polygon fill="${colour(place)}" points="${points}"><title>${escaped(named(label))}</title></polygon>`;
  });
  const levels = [0, 25, 50, 75, 100].map((level) => {
    const at = y((devices * level) / 100);
    return `<line x1="${LEFT}" x2="${WIDTH}" y1="${at}" y2="${at}" stroke="#fff" stroke-opacity=".5"/><text x="${LEFT - 6}" y="${at}" dy="4" text-anchor="end">${level}%</text>`;
  });
  // Within a few days the time of day tells them apart.
  const isShort = (moments.at(-1)?.at ?? 0) - (moments[0]?.at ?? 0) < 6 * DAY;
  const day = (at: number) =>
    isShort ? formatTime(at).slice(5, 16).replace('T', ' ') : formatTime(at).slice(0, 10);
  const days = moments.flatMap(({ at }, index) =>
    index % Math.ceil(moments.length / 8) === 0
      ? [`<text x="${x(index)}" y="${HEIGHT + 18}">${day(at)}</text>`]
      : [],
  );
  return `<svg viewBox="0 -8 ${WIDTH} ${HEIGHT + BOTTOM + 8}" role="img" aria-label="percent of the devices with each release, over time">
${[...areas, ...levels, ...days].join('\n')}
</svg>`;
}

/** What a person reads of a release. */
const named = (label: string): string => (label === 'none' ? 'no release' : label);

const colour = (place: number): string => COLOURS[place % COLOURS.length] as string;

const row = (tag: 'td' | 'th', cells: readonly string[]): string =>
  `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
