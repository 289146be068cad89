import type { DeltaFormat } from '../../core/delta-formats.ts';
import { OtaError } from '../../core/errors.ts';
import { type Name, parseName, parseVersion, type Version } from '../../core/names.ts';
import type { SliceRequest } from '../../media/slice.ts';
import { requiredProduct } from '../archive-flags.ts';
import type { Settings } from '../settings.ts';

/** What devices a medium is for, as the flags say it. */
export interface RequestFlags {
  readonly product?: readonly string[] | undefined;
  readonly channel?: readonly string[] | undefined;
  /** `1.0.0` of every product, or `gateway=1.0.0`. */
  readonly from?: readonly string[] | undefined;
  readonly hardware?: readonly string[] | undefined;
  readonly full: boolean;
  readonly format?: readonly DeltaFormat[] | undefined;
}

/** @throws OtaError `usage-flag`, `name-invalid`, `version-invalid` */
export function sliceRequests(flags: RequestFlags, settings: Settings): readonly SliceRequest[] {
  const products = unique(
    flags.product?.map((product) => parseName(product, 'the product')) ?? [
      requiredProduct(undefined, settings.product),
    ],
  );
  const channels = unique(
    flags.channel?.map((channel) => parseName(channel, 'the channel')) ?? [settings.channel],
  );
  const from = (flags.from ?? []).map((text) => baseOf(text, products));
  const hardware = flags.hardware && unique(flags.hardware.map((id) => parseName(id, 'the hardware')));
  return products.map((product) => ({
    product,
    channels,
    from: unique(from.flatMap((base) => (base.products.includes(product) ? [base.version] : []))),
    full: flags.full,
    ...(hardware === undefined ? {} : { hardware }),
    ...(flags.format === undefined ? {} : { formats: flags.format }),
  }));
}

function baseOf(
  text: string,
  products: readonly Name[],
): { readonly products: readonly Name[]; readonly version: Version } {
  const [first = '', second] = text.split('=');
  if (second === undefined) return { products, version: parseVersion(first, '--from') };
  const product = parseName(first, 'the product of --from');
  if (products.includes(product)) return { products: [product], version: parseVersion(second, '--from') };
  throw new OtaError('usage-flag', `--from ${text} names a product that the medium is not for`, {
    hint: `It is for ${products.join(', ')}: name others with --product.`,
  });
}

const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
