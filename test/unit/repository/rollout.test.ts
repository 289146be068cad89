import { describe, expect, it } from 'vitest';
import { parseName, parseVersion } from '../../../src/core/names.ts';
import type { Channel, Rollout } from '../../../src/repository/channel.ts';
import {
  givenTo,
  isDone,
  pausedAt,
  percentAt,
  placeOf,
  resumedAt,
  turnOf,
} from '../../../src/repository/rollout.ts';

const HOUR = 3600;
const START = 1_800_000_000;
const release = { version: parseVersion('1.1.0', 'v'), manifest: { length: 9, sha256: 'ef'.repeat(32) } };
const from = { version: parseVersion('1.0.0', 'v'), manifest: { length: 8, sha256: 'cd'.repeat(32) } };
const rollout: Rollout = {
  from,
  steps: [
    { at: START, percent: 10 },
    { at: START + HOUR, percent: 50 },
    { at: START + 2 * HOUR, percent: 100 },
  ],
};
const channel: Channel = {
  product: parseName('gateway', 'p'),
  channel: parseName('stable', 'c'),
  release,
  rollout,
};
const ids = Array.from({ length: 4000 }, (_, number) => `gw-${String(number).padStart(6, '0')}`);
const given = (at: number, of: Channel = channel) =>
  new Set(ids.filter((id) => givenTo(of, { id }, at) === of.release));

describe('a rollout', () => {
  it('gives a release to so many percent of the devices, and whoever is in stays in', () => {
    expect(percentAt(rollout, START - 1)).toBe(0);
    const [none, tenth, half, all] = [START - 1, START, START + HOUR, START + 2 * HOUR].map((at) =>
      given(at),
    );
    expect(none?.size).toBe(0);
    expect((tenth?.size ?? 0) / ids.length).toBeCloseTo(0.1, 1);
    expect((half?.size ?? 0) / ids.length).toBeCloseTo(0.5, 1);
    expect(all?.size).toBe(ids.length);
    expect([...(tenth ?? [])].every((id) => half?.has(id))).toBe(true);
  });

  it('takes other devices first with another release', () => {
    const other = { ...channel, release: { ...release, manifest: { length: 9, sha256: '12'.repeat(32) } } };
    const [a, b] = [given(START), given(START, other)];
    const both = [...a].filter((id) => b.has(id)).length;
    expect(both / a.size).toBeLessThan(0.25);
  });

  it('places a device as documented', () => {
    // printf '%s:gw-1' efef… | sha256sum starts with the four bytes below.
    expect(placeOf(release, 'gw-1')).toBe((0xd1f84816 * 100) / 2 ** 32);
    for (const id of ids.slice(0, 200)) {
      const place = placeOf(release, id);
      expect(givenTo(channel, { id }, START) === release).toBe(place < 10);
      expect(turnOf(channel, id)).toBe(START + (place < 10 ? 0 : place < 50 ? HOUR : 2 * HOUR));
    }
  });

  it('leaves a device that has the release at it, and one without an id to the end', () => {
    for (const at of [START - 1, START, START + HOUR]) {
      expect(givenTo(channel, { release: release.version }, at)).toBe(release);
      expect(givenTo(channel, {}, at)).toBe(from);
    }
    expect(givenTo(channel, {}, START + 2 * HOUR)).toBe(release);
    const { rollout: _, ...whole } = channel;
    expect(givenTo(whole, {}, 0)).toBe(release);
  });

  it('gives it to nobody else while it is paused, and goes on as far from its steps as it was', () => {
    const paused = { ...channel, rollout: pausedAt(rollout, START + 60) };
    expect(given(START + 5 * HOUR, paused).size).toBe(0);
    expect(givenTo(paused, { release: release.version }, START + 5 * HOUR)).toBe(release);
    const resumed = { ...channel, rollout: resumedAt(paused.rollout, START + 60 + 10 * HOUR) };
    expect(resumed.rollout).not.toHaveProperty('paused');
    expect(resumed.rollout.steps.map(({ at }) => at - START)).toEqual([0, 11 * HOUR, 12 * HOUR]);
    expect(given(START + 10 * HOUR + 60, resumed)).toEqual(given(START));
    expect(resumedAt(rollout, START)).toEqual(rollout);
  });

  it('is done when all devices are given the release, and not while it is paused', () => {
    expect(isDone(channel, START + HOUR)).toBe(false);
    expect(isDone(channel, START + 2 * HOUR)).toBe(true);
    expect(isDone({ ...channel, rollout: pausedAt(rollout, START) }, START + 9 * HOUR)).toBe(false);
    const { rollout: _, ...whole } = channel;
    expect(isDone(whole, 0)).toBe(true);
  });
});
