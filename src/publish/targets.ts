import type { OpenBundle } from '../bundle/open.ts';
import type { Digest, Sealed } from '../core/digest.ts';
import type { Name } from '../core/names.ts';
import { chunks } from '../core/source.ts';
import { openFile } from '../files/read.ts';
import { encodeDeltaCustom, encodeManifestCustom, encodePayloadCustom } from '../repository/custom.ts';
import { deltaPath, extraPath, manifestPath, payloadPath, signaturesPath } from '../repository/layout.ts';
import type { TargetFile } from '../repository/model.ts';
import type { MadeDelta } from './deltas.ts';
import type { Origin } from './plan.ts';

/** A target to be: what its role will say of it, and where its bytes are. */
export interface NewTarget {
  readonly path: string;
  readonly file: TargetFile;
  readonly origin: Origin;
  /** What S3 stores say of its bytes, where the manifest tells. */
  readonly etag?: string;
}

/**
 * The targets of a release: payloads, extras, signatures and the manifest, in the order in which they are uploaded.
 *
 * @param sequence the version of the product's role that lists them first
 * @param options.signatures whether they are there already
 * @param options.security whether it raises a security counter
 */
export function releaseTargets(
  bundle: OpenBundle,
  sequence: number,
  { signatures, security = false }: { readonly signatures: boolean; readonly security?: boolean } = {
    signatures: true,
  },
): readonly NewTarget[] {
  const { product, version, hardware, components, extras } = bundle.manifest;
  const payloads = components.map(
    (component): NewTarget =>
      withCustom(
        {
          ...target(payloadPath(product, version, component.name), component.payload, {
            in: 'bundle',
            part: 'payload',
            name: component.name,
          }),
          ...(component.payload.etag === undefined ? {} : { etag: component.payload.etag }),
        },
        encodePayloadCustom({
          hardwareIds: component.hardware ?? hardware,
          releaseCounter: component.counter,
          domain: component.domain,
          component: component.name,
          version: component.version,
          image: component.image,
          compression: component.payload.compression as Name,
        }),
      ),
  );
  return [
    ...payloads,
    ...extras.map((extra) =>
      target(extraPath(product, version, extra.name), extra, {
        in: 'bundle',
        part: 'extra',
        name: extra.name,
      }),
    ),
    ...(signatures
      ? [target(signaturesPath(product, version), bundle.signatures, { in: 'bundle', part: 'signatures' })]
      : []),
    withCustom(
      target(manifestPath(product, version), bundle.sealed, { in: 'bundle', part: 'manifest' }),
      encodeManifestCustom({
        product,
        version,
        hardwareIds: hardware,
        sequence,
        time: bundle.mtime,
        ...(security ? { security } : {}),
      }),
    ),
  ];
}

/** A delta as a target of the release that it leads to. */
export function deltaTarget(bundle: OpenBundle, made: MadeDelta): NewTarget {
  const { product, version } = bundle.manifest;
  const { component, delta } = made.custom;
  const path = deltaPath(product, version, component, delta.base.sha256, delta.format);
  return {
    path,
    file: { ...digestOf(made.digest), custom: encodeDeltaCustom(made.custom) },
    origin: { in: 'file', file: made.file },
  };
}

export const sealedTarget = (path: string, sealed: Sealed): NewTarget =>
  target(path, sealed, { in: 'memory', bytes: sealed.bytes });

/** The bytes of an origin, piece by piece; a part of a bundle needs the bundle. */
export async function* openOrigin(
  origin: Origin,
  bundle: OpenBundle | undefined,
): AsyncGenerator<Uint8Array> {
  if (origin.in === 'memory') yield origin.bytes;
  else if (origin.in === 'file') yield* fileChunks(origin.file);
  else if (bundle) yield* openPart(origin, bundle);
  else throw new TypeError(`the ${origin.part} is in a bundle, and there is none`);
}

async function* openPart(
  part: Extract<Origin, { in: 'bundle' }>,
  bundle: OpenBundle,
): AsyncGenerator<Uint8Array> {
  switch (part.part) {
    case 'manifest':
      yield bundle.sealed.bytes;
      break;
    case 'signatures':
      yield bundle.signatures.bytes;
      break;
    default:
      yield* chunks(bundle[part.part](part.name));
  }
}

const target = (path: string, digest: Digest, origin: Origin): NewTarget => ({
  path,
  file: digestOf(digest),
  origin,
});

const withCustom = (item: NewTarget, custom: NonNullable<TargetFile['custom']>): NewTarget => ({
  ...item,
  file: { ...item.file, custom },
});

const digestOf = ({ length, sha256 }: Digest): Digest => ({ length, sha256 });

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await openFile(path);
  try {
    yield* chunks(file);
  } finally {
    await file.close();
  }
}
