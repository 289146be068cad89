/**
 * What a delta unpacks is told by what could unpack it, compiled code of other people among it. On an offline machine no delta is
 * made or applied, and `inspect` leaves that line out.
 */
export const unpackedParts = async (): Promise<undefined> => undefined;
