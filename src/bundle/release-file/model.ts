import type { Domain, Name, Version } from '../../core/names.ts';

export type Compression = 'none' | 'zstd';

/** How deltas for a component are made: `memory` is what the device can spend on applying one, in bytes. */
export type DeltaPolicy = false | { readonly memory?: number };

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
}

/** `ota.yaml`, checked. Paths are as written: relative to the folder that the file is in. */
export interface ReleaseFile {
  readonly product: Name;
  readonly version: Version;
  readonly hardware: readonly Name[];
  /** In the order of the file. */
  readonly components: readonly ReleaseComponent[];
  readonly notes?: string;
  readonly extras: readonly string[];
  readonly store?: string;
  readonly channel: Name;
  readonly keys: readonly string[];
  readonly trust: string;
  readonly deltas: { readonly from: number };
}
