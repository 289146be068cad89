import { lt, valid } from 'semver';
import type { Digest } from '../../core/digest.ts';
import { sameDigest } from '../../core/digest.ts';
import { OtaError } from '../../core/errors.ts';
import type { Domain, Name, Version } from '../../core/names.ts';
import type { Architecture } from './architecture.ts';
import type { ImageLook } from './look.ts';

/** What is looked at, each by a name that `--allow` takes. */
export const RULES = [
  'blank-image',
  'other-architecture',
  'version-back',
  'mixed-architectures',
  'packed-image',
  'same-image',
  'same-version',
] as const;
export type Rule = (typeof RULES)[number];

/** A component of the release, with what was seen of its image. */
export interface Looked {
  readonly name: Name;
  readonly domain: Domain;
  readonly version: Version;
  readonly image: Digest;
  readonly look: ImageLook;
  readonly delta: unknown;
}

/** The component of that name in the release before. */
export interface Before {
  readonly release: Version;
  readonly version: Version;
  readonly image: Digest;
  readonly architecture?: Architecture;
}

export interface Finding {
  readonly rule: Rule;
  readonly component: Name;
  readonly message: string;
  /** What to do about it, as a clause. */
  readonly advice: string;
  /** Whether no bundle is made because of it. */
  readonly refused: boolean;
}

type Found = Omit<Finding, 'component' | 'rule'>;

/**
 * What is odd about the images of a release, by themselves and compared with the release before.
 *
 * @param before of each component, where there was one
 */
export function lint(
  components: readonly Looked[],
  before: ReadonlyMap<Name, Before>,
  allowed: ReadonlySet<Rule> = new Set(),
): readonly Finding[] {
  return components.flatMap((component) => {
    const last = before.get(component.name);
    return RULES.filter((rule) => !allowed.has(rule)).flatMap((rule): readonly Finding[] => {
      const found = CHECKS[rule](component, last, components);
      return found ? [{ rule, component: component.name, ...found }] : [];
    });
  });
}

type Check = (component: Looked, before: Before | undefined, all: readonly Looked[]) => Found | undefined;

const CHECKS: Readonly<Record<Rule, Check>> = {
  'blank-image': ({ look: { blank } }) =>
    blank === undefined
      ? undefined
      : {
          message: `all bytes of the image are 0x${blank.toString(16).padStart(2, '0')}`,
          advice: 'check the build: that is what erased flash or an empty file looks like',
          refused: true,
        },

  'other-architecture': ({ look: { architecture } }, before) =>
    architecture === undefined || before?.architecture === undefined || before.architecture === architecture
      ? undefined
      : {
          message: `the image is for ${architecture}, in release ${before.release} it was for ${before.architecture}`,
          advice: 'check which build file: names',
          refused: true,
        },

  'version-back': ({ version, image }, before) =>
    before === undefined || sameDigest(image, before.image) || !isBefore(version, before.version)
      ? undefined
      : {
          message: `version ${version} is below ${before.version}, which release ${before.release} has`,
          advice: 'correct version:, or take an earlier release again with --reissue',
          refused: true,
        },

  'mixed-architectures': ({ name, domain, look: { architecture } }, _, all) => {
    if (architecture === undefined || domain === 'coprocessor' || domain === 'bootloader') return undefined;
    const other = all.find(
      (one) => one.domain === domain && one.name !== name && one.look.architecture !== undefined,
    );
    if (!other || other.look.architecture === architecture || other.name > name) return undefined;
    return {
      message: `the image is for ${architecture}, that of ${other.name} in the same domain for ${other.look.architecture}`,
      advice: 'check which builds file: names',
      refused: false,
    };
  },

  'packed-image': ({ look: { packed }, delta }) =>
    packed === undefined || delta === false
      ? undefined
      : {
          message: `the image is ${packed.form} data, in which a small change changes everything: deltas will be as large as the image`,
          advice: packed.advice,
          refused: false,
        },

  'same-image': ({ version, image }, before) =>
    before === undefined || version === before.version || !sameDigest(image, before.image)
      ? undefined
      : {
          message: `the image is that of ${before.version}, which release ${before.release} has, under the new version ${version}`,
          advice: 'check that the build has run, or leave version: as it was',
          refused: false,
        },

  'same-version': ({ version, image }, before) =>
    before === undefined || version !== before.version || sameDigest(image, before.image)
      ? undefined
      : {
          message: `the image is another than in release ${before.release}, under the same version ${version}`,
          advice: 'raise version:, so that people can tell them apart',
          refused: false,
        },
};

const isBefore = (version: string, than: string): boolean =>
  valid(version) !== null && valid(than) !== null && lt(version, than);

/** @throws OtaError `image-refused` for those findings that refuse a bundle */
export function refuseFindings(findings: readonly Finding[]): void {
  const refused = findings.filter((finding) => finding.refused);
  const [first] = refused;
  if (!first) return;
  throw new OtaError('image-refused', `${first.component}: ${first.message}`, {
    where: first.component,
    ...(refused.length > 1
      ? { faults: refused.map(({ component, message }) => ({ where: component, message })) }
      : {}),
    hint: `${sentence(first.advice)} If it is meant: ${[...new Set(refused.map(({ rule }) => `--allow ${rule}`))].join(' ')}.`,
  });
}

const sentence = (clause: string): string => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
