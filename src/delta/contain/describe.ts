import type { ByteSource } from '../../core/source.ts';
import type { DeltaHeader } from '../format.ts';
import { readPacking } from './read-packing.ts';

/** What a delta unpacks, for a person to read. */
export interface UnpackedParts {
  /** Names of the codecs that applying takes. */
  readonly codecs: readonly string[];
  /** Streams, and bytes that they hold. */
  readonly old: { readonly streams: number; readonly bytes: number };
  readonly new: { readonly streams: number; readonly bytes: number };
}

/** @throws OtaError `delta-invalid` */
export async function unpackedParts(
  patch: ByteSource,
  header: DeltaHeader,
): Promise<UnpackedParts | undefined> {
  const packing = await readPacking(patch, header);
  if (!packing) return undefined;
  const names = [...packing.old, ...packing.new].map(({ packer }) => packer.codec.name);
  return { codecs: [...new Set(names)].sort(), old: counted(packing.old), new: counted(packing.new) };
}

const counted = (streams: readonly { readonly raw: number }[]) => ({
  streams: streams.length,
  bytes: streams.reduce((sum, { raw }) => sum + raw, 0),
});
