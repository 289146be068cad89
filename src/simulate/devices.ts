import { utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/digest.ts';
import type { Name, Version } from '../core/names.ts';
import type { Seconds } from '../core/time.ts';

/** A device that is not there. */
export interface VirtualDevice {
  readonly id: string;
  readonly hardware: Name;
  /** What it has before; a new device has none. */
  readonly release?: Version;
  /** Its root is the one at this place of the roots that it could be made with. */
  readonly root: number;
  /** Seconds by which its clock is ahead. */
  readonly clock: Seconds;
}

/** Which releases devices have, and how many of them in comparison with the others. */
export interface Share {
  /** Absent: new devices. */
  readonly release?: Version;
  readonly weight: number;
  /** Each as often as the others. At least one. */
  readonly hardware: readonly Name[];
}

export interface FleetShape {
  readonly devices: number;
  /** The same seed gives the same devices. */
  readonly seed: string;
  /** At least one, of a weight above 0. */
  readonly shares: readonly Share[];
  /** Percent of the devices whose clock is wrong, half of them ahead and half of them behind by `clockBy` seconds. */
  readonly clockOff: number;
  readonly clockBy: Seconds;
  /** How many roots a device could be made with, and percent of the devices that were made with any but the last. */
  readonly roots: number;
  readonly rootBehind: number;
}

/** Devices of a fleet by their numbers, all unless told otherwise: what each is depends on the seed and its number alone. */
export const fleetOf = (shape: FleetShape, first = 0, end = shape.devices): readonly VirtualDevice[] =>
  Array.from({ length: end - first }, (_, place) => deviceOf(shape, first + place));

function deviceOf(shape: FleetShape, number: number): VirtualDevice {
  const { seed, shares, clockOff, clockBy, roots, rootBehind } = shape;
  const draws = sha256(utf8(`${seed}:${number}`));
  // Five numbers from 0 up to 1.
  const draw = (place: number) => Number.parseInt(draws.slice(place * 8, place * 8 + 8), 16) / 2 ** 32;
  const { release, hardware } = pickShare(shares, draw(0));
  const wrong = draw(2) * 100;
  const behind = draw(3) * 100 < rootBehind && roots > 1;
  return {
    id: `sim-${seed}-${String(number).padStart(6, '0')}`,
    hardware: pick(hardware, draw(1)),
    ...(release === undefined ? {} : { release }),
    root: behind ? Math.floor(draw(4) * (roots - 1)) : roots - 1,
    clock: wrong >= clockOff ? 0 : wrong < clockOff / 2 ? clockBy : -clockBy,
  };
}

function pickShare(shares: readonly Share[], draw: number): Share {
  let left = draw * shares.reduce((sum, { weight }) => sum + weight, 0);
  for (const share of shares) {
    if (left < share.weight) return share;
    left -= share.weight;
  }
  return shares.findLast(({ weight }) => weight > 0) as Share;
}

const pick = <T>(items: readonly T[], draw: number): T => items[Math.floor(draw * items.length)] as T;
