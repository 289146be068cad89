import type { ByteSource } from '../../core/source.ts';
import type { DeltaHeader } from '../format.ts';
import { invalid } from '../invalid.ts';
import { SectionReader } from '../section-reader.ts';
import { decodePacking, PACKING_MAX, type Packing, packingMemory } from './packing.ts';

/**
 * Which streams a delta unpacks, from the section that follows its header; `undefined` where there are none.
 *
 * @throws OtaError `delta-invalid`
 */
export async function readPacking(patch: ByteSource, header: DeltaHeader): Promise<Packing | undefined> {
  const section = header.sections.find(({ name }) => name === 'packing');
  if (!section) return undefined;
  const reader = await SectionReader.open(patch, header, 'packing', PACKING_MAX);
  try {
    const bytes = await reader.all(PACKING_MAX);
    await reader.finish();
    const packing = decodePacking(bytes, header.old.length, header.new.length);
    if (packingMemory(packing, section.length) !== header.packing) {
      throw invalid('the memory it declares is not what it takes');
    }
    return packing;
  } finally {
    reader.close();
  }
}
