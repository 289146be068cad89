import { formatSize } from '../../../core/sizes.ts';
import { DAY, type Seconds } from '../../../core/time.ts';
import type { Age } from '../age.ts';
import type { ComponentContents } from '../components.ts';
import type { Notes, ProductContents, ReleaseContents } from '../contents.ts';
import type { VerifiedMedium } from '../medium.ts';
import { el, table } from './dom.ts';
import { awayText, dateText } from './when.ts';

/** What is on a medium, a card for each product. */
export const contentsView = ({ products }: VerifiedMedium, now: Seconds): readonly HTMLElement[] =>
  products.map((product) => productCard(product, now));

const productCard = (product: ProductContents & { readonly age: Age }, now: Seconds): HTMLElement =>
  el(
    'article',
    'card',
    el('h3', '', product.product),
    facts([
      ['For devices', product.hardware.join(', ')],
      [
        'That have',
        product.from.length === 0 ? 'any release, or none' : `release ${product.from.join(', ')}`,
      ],
      ['Made', madeText(product.age, now)],
      ['Valid', validText(product.age, now)],
    ]),
    ...product.releases.flatMap((release) => releaseView(release, product)),
  );

const facts = (pairs: readonly (readonly [string, string])[]): HTMLElement =>
  el('dl', '', ...pairs.map(([name, value]) => el('div', '', el('dt', '', name), el('dd', '', value))));

const madeText = ({ made, said }: Age, now: Seconds): string =>
  said ? `${dateText(made)} (${awayText(made, now)})` : `about ${dateText(made)}; the medium does not say`;

function validText({ until, profile, made }: Age, now: Seconds): string {
  if (until === undefined) return 'at any age: so its maker decided, and signed';
  const end = `${dateText(until)} (${awayText(until, now)})`;
  if (until <= now) return `no longer: until ${end}`;
  if (profile.expiry === 'strict') return `until ${end}`;
  return `until ${end}, ${Math.round((until - made) / DAY)} days from when it was made`;
}

const PLACES = {
  given: '',
  before: ', for devices that are not given the next one yet',
  passed: ', on the way for devices that cannot go further at once',
} as const;

function releaseView(release: ReleaseContents, { hardware }: ProductContents): readonly HTMLElement[] {
  const { version, channel, place, recalled, steps, components, notes } = release;
  const some = components.some((component) => component.hardware !== undefined);
  return [
    el('h4', '', `Release ${version}`, el('span', 'soft', ` on ${channel}${PLACES[place]}`)),
    ...(recalled === undefined
      ? []
      : [el('p', 'fault', `Recalled on ${dateText(recalled.at)}: ${recalled.reason}`)]),
    ...(steps === undefined ? [] : [el('p', 'note', stepsText(steps))]),
    table(
      `Components of release ${version}`,
      ['Component', 'Kind', 'Version', ...(some ? ['For'] : []), 'Size', 'On the medium'],
      components.map((component) => [
        component.name,
        DOMAINS[component.domain],
        component.version,
        ...(some ? [(component.hardware ?? hardware).join(', ')] : []),
        formatSize(component.length),
        onMedium(component),
      ]),
    ),
    ...notes.map(notesView),
  ];
}

const DOMAINS = {
  bootloader: 'bootloader',
  os: 'system',
  app: 'application',
  coprocessor: 'coprocessor',
} as const;

const stepsText = (steps: NonNullable<ReleaseContents['steps']>): string =>
  'all' in steps
    ? `Devices are given it a part at a time, all of them from ${dateText(steps.all)} on. One that is not among them yet stays as it is.`
    : `Stopped on ${dateText(steps.paused)}: no further device is given it.`;

function onMedium({ full, deltas, same }: ComponentContents): string {
  const parts = [
    ...(full ? ['in full'] : []),
    ...(deltas.length === 0 ? [] : [`changes from ${deltas.join(', ')}`]),
    ...(same.length === 0 ? [] : [`unchanged since ${same.join(', ')}`]),
  ];
  return parts.length === 0 ? 'not on it' : parts.join('; ');
}

const SHORT = 1500;

/** Notes as they stand: text, never markup. */
function notesView({ name, text }: Notes): HTMLElement {
  const box = el('details', 'notes', el('summary', '', name), el('pre', '', text));
  box.open = text.length < SHORT;
  return box;
}
