import type { Domain, Name, Version } from '../../core/names.ts';

export type Compression = 'none' | 'zstd';

/**
 * How deltas for a component are made: `memory` is what the device can spend on applying one, in bytes; `formats` are those that its
 * devices read, our own where none are named; `unpack` are the encoders that they have to pack parts of images again, all where it is
 * left out.
 */
export type DeltaPolicy =
  | false
  | {
      readonly memory?: number;
      readonly formats?: readonly string[];
      readonly unpack?: false | readonly string[];
    };

export interface Slot {
  readonly name: Name;
  /** Bytes. */
  readonly size: number;
}

export interface ReleaseComponent {
  readonly name: Name;
  readonly domain: Domain;
  /** Path of the image, relative to the release file's folder. */
  readonly file: string;
  readonly version: Version;
  readonly counter: number;
  readonly provides: Readonly<Record<Name, Version>>;
  /** Ranges of semantic versions, by the name of a component or an interface. */
  readonly requires: Readonly<Record<Name, string>>;
  readonly compression: Compression;
  readonly delta: DeltaPolicy;
  readonly slot?: Slot;
  readonly hardware?: readonly Name[];
  /** Components of one group are switched at once. */
  readonly group?: Name;
  /** A hint for the order to install in: the lower one first, where nothing else decides. */
  readonly order: number;
  /** Whether the device has to restart before what comes after it is installed. */
  readonly reboot: boolean;
}

/** A part that stands in the device and is never updated: others may require it. */
export interface FixedComponent {
  readonly name: Name;
  readonly domain: Domain;
  readonly version: Version;
  readonly provides: Readonly<Record<Name, Version>>;
  readonly hardware?: readonly Name[];
  /** Why it is not updated. */
  readonly reason: string;
}

/** What a release file says of the release itself: all that a bundle is made of. */
export type ReleaseContent = Pick<
  ReleaseFile,
  'product' | 'version' | 'hardware' | 'components' | 'fixed' | 'notes' | 'extras'
>;

/** `ota.yaml`, checked. Paths are as written: relative to the folder that the file is in. */
export interface ReleaseFile {
  readonly product: Name;
  readonly version: Version;
  readonly hardware: readonly Name[];
  /** In the order of the file. */
  readonly components: readonly ReleaseComponent[];
  /** In the order of the file. */
  readonly fixed: readonly FixedComponent[];
  readonly notes?: string;
  readonly extras: readonly string[];
  readonly store?: string;
  /** Where devices read what is published. */
  readonly 'public-url'?: string;
  readonly channel: Name;
  readonly keys: readonly string[];
  readonly trust: string;
  /** From how many of the last releases deltas are made, and where they are kept: a path, or the URL of a store. */
  readonly deltas: { readonly from: number; readonly cache?: string };
  /** Which releases stay live beside those that channels name: this many of the last, and these. */
  readonly keep: {
    readonly releases: number;
    readonly versions: readonly Version[];
    /** `younger` and `security` in seconds. */
    readonly archived?: {
      readonly releases?: number;
      readonly younger?: number;
      readonly security?: number;
    };
  };
}
