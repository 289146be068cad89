import type { OpenBundle } from '../bundle/open.ts';
import type { Digest, Sealed } from '../core/digest.ts';
import type { Name } from '../core/names.ts';
import { type ByteSource, chunks, memorySource } from '../core/source.ts';
import { DELTA_FORMAT } from '../delta/format.ts';
import { openFile } from '../files/read.ts';
import { encodeDeltaCustom, encodeManifestCustom, encodePayloadCustom } from '../repository/custom.ts';
import {
  deltaPath,
  extraPath,
  manifestPath,
  payloadPath,
  signaturesPath,
  targetKey,
} from '../repository/layout.ts';
import type { TargetFile } from '../repository/model.ts';
import type { Body } from '../storage/store.ts';
import type { Upload } from './apply.ts';
import type { MadeDelta } from './deltas.ts';

/** A target to be: what its role will say of it, and the bytes. */
export interface NewTarget {
  readonly path: string;
  readonly file: TargetFile;
  readonly body: Body;
}

/**
 * The targets of a release: payloads, extras, signatures and the manifest, in the order in which they are uploaded.
 *
 * @param sequence the version of the product's role that will list them
 */
export function releaseTargets(bundle: OpenBundle, sequence: number): readonly NewTarget[] {
  const { product, version, hardware, components, extras } = bundle.manifest;
  const payloads = components.map((component) => ({
    ...target(
      payloadPath(product, version, component.name),
      component.payload,
      bundle.payload(component.name),
    ),
    custom: encodePayloadCustom({
      hardwareIds: component.hardware ?? hardware,
      releaseCounter: component.counter,
      domain: component.domain,
      component: component.name,
      version: component.version,
      image: component.image,
      compression: component.payload.compression as Name,
    }),
  }));
  return [
    ...payloads.map(({ custom, ...item }) => ({ ...item, file: { ...item.file, custom } })),
    ...extras.map((extra) =>
      target(extraPath(product, version, extra.name), extra, bundle.extra(extra.name)),
    ),
    sealedTarget(signaturesPath(product, version), bundle.signatures),
    withCustom(
      sealedTarget(manifestPath(product, version), bundle.sealed),
      encodeManifestCustom({ product, version, hardwareIds: hardware, sequence }),
    ),
  ];
}

/** A delta as a target of the release that it leads to. */
export function deltaTarget(bundle: OpenBundle, made: MadeDelta): NewTarget {
  const { product, version } = bundle.manifest;
  const { component, delta } = made.custom;
  const path = deltaPath(product, version, component, delta.base.sha256, DELTA_FORMAT);
  return {
    path,
    file: { ...digestOf(made.digest), custom: encodeDeltaCustom(made.custom) },
    body: { ...digestOf(made.digest), open: () => fileChunks(made.file) },
  };
}

/** Where a target goes in the store. */
export const uploadOf = ({ path, file, body }: NewTarget): Upload => ({
  key: targetKey(path, file.sha256),
  path,
  body,
});

export const sealedTarget = (path: string, sealed: Sealed): NewTarget =>
  target(path, sealed, memorySource(sealed.bytes));

const target = (path: string, digest: Digest, source: ByteSource): NewTarget => ({
  path,
  file: digestOf(digest),
  body: { ...digestOf(digest), open: () => chunks(source) },
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
