import { sha256 } from '../../src/core/digest.ts';
import { silent } from '../../src/core/progress.ts';
import type { Seconds } from '../../src/core/time.ts';
import type { NewDevice } from '../../src/device/new-device.ts';
import type { UpdateReport } from '../../src/device/report.ts';
import { updateFromMedium } from '../../src/media/device.ts';
import { encodeMediaLayout, MEDIA_FILE, type MediaFor } from '../../src/media/layout.ts';
import { MAX_PART } from '../../src/media/parts.ts';
import { mediumOf } from '../../src/media/store.ts';
import { TIMESTAMP_KEY } from '../../src/repository/layout.ts';
import { parseTimestamp } from '../../src/repository/parse-meta.ts';
import { NOW } from './forge.ts';
import { HARDWARE, PRODUCT, STABLE, version } from './release.ts';
import { WritableStore } from './writable-store.ts';

/** For whom the media of tests are, unless told otherwise. */
export const ALL: MediaFor = {
  product: PRODUCT,
  channels: [STABLE],
  hardware: [HARDWARE],
  from: [],
  full: true,
  releases: [{ channel: STABLE, version: version('1.0.0') }],
};

/** A medium in memory with the files of a store, or some of them, finished unless its list is taken away again. */
export function memoryMedium(
  from: Pick<WritableStore, 'objects'>,
  { keep = () => true, use = {} }: { keep?: (key: string) => boolean; use?: Partial<MediaFor> } = {},
): WritableStore {
  const objects = [...from.objects].filter(([key]) => keep(key));
  const timestamp = from.objects.get(TIMESTAMP_KEY) ?? new Uint8Array();
  const layout = encodeMediaLayout({
    made: parseTimestamp(timestamp, TIMESTAMP_KEY).signed.made ?? NOW,
    parts: MAX_PART,
    for: [{ ...ALL, ...use }],
    files: objects
      .map(([key, bytes]) => ({ key, length: bytes.length, sha256: sha256(bytes) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
  });
  return new WritableStore([...objects, [MEDIA_FILE, layout]]);
}

/** Updates a device from a medium, as `ota device update --media` does. */
export const updateFrom = async (
  medium: WritableStore,
  folder: string,
  options: { readonly create?: NewDevice; readonly now?: Seconds } = {},
): Promise<UpdateReport> =>
  updateFromMedium(await mediumOf(medium), { folder, now: NOW, progress: silent, ...options });
