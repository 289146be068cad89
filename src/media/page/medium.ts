import type { Seconds } from '../../core/time.ts';
import type { Metadata } from '../../repository/model.ts';
import { type Age, ageFor } from './age.ts';
import { type ProductContents, productContents } from './contents.ts';
import type { PageData } from './data.ts';
import { type Expected, expectedFiles } from './expected.ts';
import { type MediumRoot, trustMedium } from './trust.ts';

/** A medium whose chain holds from a root on. */
export interface VerifiedMedium {
  readonly anchor: MediumRoot;
  readonly products: readonly (ProductContents & { readonly age: Age })[];
  readonly expected: readonly Expected[];
  readonly roles: readonly RoleLine[];
  /** What the medium should hold and its own list lacks, as sentences. */
  readonly lacks: readonly string[];
}

/** A signed list on the medium. */
export interface RoleLine {
  readonly name: string;
  readonly version: number;
  readonly expires: Seconds;
  /** SHA-256 of its file. */
  readonly sha256: string;
}

/**
 * Verifies all of a medium that its page holds, from one of its roots on: roots, timestamp, snapshot, targets and, of each product,
 * its role, its channels, and the manifests of what they give out.
 *
 * @throws OtaError as `trustMedium`, `productContents`, `expectedFiles`
 */
export async function verifyMedium(data: PageData, anchor: MediumRoot): Promise<VerifiedMedium> {
  const { repository, roots } = await trustMedium(data.files, anchor);
  const { root, timestamp, snapshot, targets } = repository;
  const products: (ProductContents & { readonly age: Age })[] = [];
  for (const entry of data.layout.for) {
    const contents = await productContents(repository, entry, data.layout, data.files);
    products.push({ ...contents, age: await ageFor(repository, entry.product) });
  }
  const delegated = products.flatMap(({ product, roles: [role, channels] }) => [
    ...(role === undefined ? [] : [line(product, role)]),
    ...(channels === undefined ? [] : [line(`${product}.channels`, channels)]),
  ]);
  return {
    anchor,
    products,
    expected: expectedFiles(data, products, root.signed.consistentSnapshot),
    roles: [
      ...roots.map((each) => line('root', each)),
      line('timestamp', timestamp),
      line('snapshot', snapshot),
      line('targets', targets),
      ...delegated,
    ],
    lacks: products.flatMap(lacksOf),
  };
}

const line = (
  name: string,
  { signed, sealed }: Metadata<{ readonly version: number; readonly expires: Seconds }>,
): RoleLine => ({ name, version: signed.version, expires: signed.expires, sha256: sealed.sha256 });

const lacksOf = ({ product, releases }: ProductContents): readonly string[] =>
  releases.flatMap(({ version, components }) =>
    components.flatMap(({ name, lacking }) =>
      lacking.map((from) =>
        from === 'any'
          ? `${product} ${version}: ${name} is not on the medium in full`
          : `${product} ${version}: ${name} for devices that have ${from} is not on the medium`,
      ),
    ),
  );
