import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '../bundle/manifest.ts';
import { parseManifest } from '../bundle/parse-manifest.ts';
import { type Sealed, seal } from '../core/digest.ts';
import { readSmallFileIfPresent } from '../files/read.ts';
import { writeFileAtomic } from '../files/write.ts';
import { type DeviceFolder, saveDevice } from './device.ts';
import type { DeviceFile, FetchedFile, Updating } from './device-file.ts';
import type { Download } from './fetch.ts';

/** A release's manifest, and its bytes as they were verified. */
export interface VerifiedManifest {
  readonly manifest: Manifest;
  readonly sealed: Sealed;
  /** Its place in the order in which the product's releases were made; absent where nobody lists it any more. */
  readonly sequence?: number;
}

/**
 * Records where the slots are on their way to, before the first is written: a release that is recalled or archived meanwhile is gone
 * on with, since parts of two make none. The manifest stays beside the files that lead there, so that it takes nothing else.
 *
 * @throws OtaError `output-failed`, `disk-full`
 */
export async function begin(
  folder: DeviceFolder,
  device: DeviceFile,
  { manifest, sealed, sequence = device.sequence }: VerifiedManifest,
  downloads: readonly Download[],
): Promise<DeviceFile> {
  const { length, sha256 } = sealed;
  const files = downloads.map(({ component, action, target }): [typeof component.name, FetchedFile] => [
    component.name,
    { action, path: target.path, length: target.length, sha256: target.sha256 },
  ]);
  const updating: Updating = {
    version: manifest.version,
    manifest: { length, sha256 },
    files: new Map(files),
  };
  const before = device.updating;
  if (isDeepStrictEqual(before, updating)) return device;
  if (before?.manifest.sha256 !== sha256) await writeFileAtomic(join(folder.cache, sha256), sealed.bytes);
  const begun = { ...device, updating, ...(sequence === undefined ? {} : { sequence }) };
  await saveDevice(folder, begun);
  return begun;
}

/** The manifest that was verified when its release was begun; `undefined` where the device has begun none, or the disk has lost it. */
export async function begunManifest(
  folder: DeviceFolder,
  { updating }: DeviceFile,
): Promise<VerifiedManifest | undefined> {
  if (!updating) return undefined;
  const path = join(folder.cache, updating.manifest.sha256);
  const bytes = await readSmallFileIfPresent(path);
  const sealed = bytes && seal(bytes);
  if (sealed?.sha256 !== updating.manifest.sha256) return undefined;
  return { manifest: parseManifest(sealed.bytes, path), sealed };
}
