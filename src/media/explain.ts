import { Hasher } from '../core/digest.ts';
import { type Code, OtaError } from '../core/errors.ts';
import type { DeviceFile } from '../device/device-file.ts';
import { ROLE_FAULTS } from '../repository/parse.ts';
import type { MediaFile, MediaFor } from './layout.ts';
import type { Medium } from './store.ts';

/** What verifying a medium may fail with because of what is on it. */
const OF_THE_MEDIUM: ReadonlySet<Code> = new Set([
  ...ROLE_FAULTS,
  'store-missing',
  'digest-mismatch',
  'length-mismatch',
  'threshold-unmet',
  'role-version',
  'role-missing',
  'role-unlisted',
  'role-undelegated',
  'role-too-large',
  'role-json',
  'role-invalid',
  'target-missing',
  'target-unlisted',
  'target-invalid',
  'target-path',
  'target-too-large',
  'channel-foreign',
  'channel-unlisted',
  'payload-invalid',
  'delta-invalid',
  'delta-wrong-base',
] satisfies Code[]);

/** Those that a file which is not there leads to. */
const MISSING: ReadonlySet<Code> = new Set(['store-missing', 'role-missing', 'target-missing']);

/** Those that a signature of other keys than the device's leads to. */
const FOREIGN: ReadonlySet<Code> = new Set(['threshold-unmet', 'role-version']);

/**
 * Says what a refusal means for whoever holds the medium. What is on it is compared with its own list, which nobody signed: it decides
 * nothing but how a refusal is worded.
 *
 * @returns the error itself where there is nothing better to say
 */
export async function explain(
  error: OtaError,
  medium: Medium,
  device: Partial<DeviceFile>,
): Promise<OtaError> {
  if (error.code === 'media-other-base')
    return otherDevice(error, medium, device) ?? withUse(error, medium, device);
  if (error.code === 'update-unsafe') return withUse(error, medium, device);
  if (error.code === 'hardware-mismatch') return otherDevice(error, medium, device) ?? wrongDevice(error);
  if (!OF_THE_MEDIUM.has(error.code)) return error;
  const fault = await damage(medium, error);
  if (fault) return fault;
  if (FOREIGN.has(error.code)) return foreign(error, medium);
  const other = otherDevice(error, medium, device);
  if (other) return other;
  const where = error.where ?? medium.store.url;
  return MISSING.has(error.code) ? missing(where, error) : damaged(where, error);
}

/** The first file that is not as the medium's own list says: of the metadata all, of the others the one in question. */
async function damage({ layout, store }: Medium, cause: OtaError): Promise<OtaError | undefined> {
  for (const file of layout.files) {
    if (!file.key.startsWith('metadata/') && file.key !== cause.where) continue;
    try {
      if (!(await isWhole(store, file))) return damaged(file.key, cause);
    } catch (error) {
      if (error instanceof OtaError) return error;
      throw error;
    }
  }
  return undefined;
}

async function isWhole(store: Medium['store'], { key, length, sha256 }: MediaFile): Promise<boolean> {
  const hasher = new Hasher();
  for await (const piece of (await store.stream(key)) ?? []) {
    hasher.update(piece);
    if (hasher.length > length) return false;
  }
  return hasher.length === length && hasher.hex() === sha256;
}

const damaged = (key: string, cause: OtaError): OtaError =>
  new OtaError('media-damaged', `${key} on the medium is damaged: it is not what was signed`, {
    where: key,
    hint: 'Nothing of it was installed. Copy the medium again; where that does not help, get another one.',
    cause,
  });

const missing = (key: string, cause: OtaError): OtaError =>
  new OtaError('media-incomplete', `${key} is not on the medium, and this device needs it`, {
    where: key,
    hint: 'Nothing of it was installed. Have a medium made that is for this device.',
    cause,
  });

/** Whole, and signed by keys that do not count on this device. */
const foreign = (cause: OtaError, { store, layout }: Medium): OtaError =>
  new OtaError(
    'media-foreign',
    `the medium is not signed by the keys that this device trusts (${cause.where ?? store.url})`,
    {
      where: store.url,
      hint: `Nothing of it was installed. It is for ${productsOf(layout.for)} of another maker, or was made before the maker's keys were changed: get a new one.`,
      cause,
    },
  );

const FOR_THIS_DEVICE = 'Nothing was changed. Get a medium that was made for this device.';

const wrongDevice = (cause: OtaError): OtaError =>
  new OtaError(cause.code, cause.message, {
    ...(cause.where === undefined ? {} : { where: cause.where }),
    hint: FOR_THIS_DEVICE,
    cause,
  });

/** Where the medium is for other products, hardware or channels. */
function otherDevice(
  cause: OtaError,
  { layout, store }: Medium,
  { product, hardware, channel }: Partial<DeviceFile>,
): OtaError | undefined {
  if (product === undefined) return undefined;
  const own = layout.for.find((item) => item.product === product);
  const hint = FOR_THIS_DEVICE;
  const where = store.url;
  if (!own) {
    const message = `the medium is for ${productsOf(layout.for)}, and this device is a ${product}`;
    return new OtaError('hardware-mismatch', message, { where, hint, cause });
  }
  if (hardware !== undefined && own.hardware.length > 0 && !own.hardware.includes(hardware)) {
    const message = `the medium is for ${product} of hardware ${own.hardware.join(', ')}, and this device has ${hardware}`;
    return new OtaError('hardware-mismatch', message, { where, hint, cause });
  }
  if (channel === undefined || own.channels.includes(channel)) return undefined;
  return new OtaError(
    'channel-unlisted',
    `the medium has channel ${own.channels.join(', ')} of ${product}, and this device follows ${channel}`,
    {
      where,
      hint: `${hint} Or have it follow another channel from now on: --channel ${own.channels[0]}.`,
      cause,
    },
  );
}

/** As the error, saying what the medium is for. */
function withUse(error: OtaError, { layout }: Medium, { product }: Partial<DeviceFile>): OtaError {
  const own = layout.for.find((item) => item.product === product);
  if (!own || own.from.length === 0) return error;
  const { message, where, hint, faults } = error;
  return new OtaError(error.code, message, {
    ...(where === undefined ? {} : { where }),
    faults,
    cause: error,
    hint: `${hint ?? ''} This one is for devices that have ${own.from.join(', ')}.`.trim(),
  });
}

const productsOf = (items: readonly MediaFor[]): string => items.map(({ product }) => product).join(', ');
