import { OtaError } from '../../core/errors.ts';

/** The three things that `ota verify` does. */
export type VerifyForm =
  | { readonly kind: 'bundle'; readonly path: string }
  | { readonly kind: 'repository' }
  | { readonly kind: 'device'; readonly product: string; readonly hardware: string };

const DEVICE_FLAGS = ['hardware', 'product', 'channel', 'from', 'format'] as const;

export interface FormFlags
  extends Readonly<Partial<Record<Exclude<(typeof DEVICE_FLAGS)[number], 'format'>, string | undefined>>> {
  readonly format?: readonly string[] | undefined;
  readonly 'as-device': boolean;
  readonly quick: boolean;
  readonly key?: readonly string[] | undefined;
  readonly store?: string | undefined;
  readonly root?: string | undefined;
}

/**
 * What is asked for, by the argument and the flags. A flag of another form is refused, since it would be passed over.
 *
 * @throws OtaError `usage-flag`
 */
export function verifyForm(
  bundle: string | undefined,
  flags: FormFlags,
  usualProduct: string | undefined,
): VerifyForm {
  const device = DEVICE_FLAGS.find((name) => flags[name] !== undefined);
  if (!flags['as-device'] && device) {
    throw usage(`--${device} is for --as-device`, 'Add --as-device, or leave it out.');
  }
  if (bundle !== undefined) {
    if (flags['as-device'] || flags.quick) {
      throw usage(
        `--${flags.quick ? 'quick' : 'as-device'} is for a repository, not for a bundle`,
        'Leave out the bundle, or the flag.',
      );
    }
    if (flags.store !== undefined && flags.root === undefined) {
      throw usage(
        '--store with a bundle is where --root finds the targets role, and no --root is given',
        'Add --root FILE; or leave out the bundle to verify the repository.',
      );
    }
    return { kind: 'bundle', path: bundle };
  }
  if (flags.key) throw usage('--key is for a bundle, and none is named', 'Name the bundle.');
  if (!flags['as-device']) return { kind: 'repository' };
  const { hardware, product = usualProduct } = flags;
  if (hardware === undefined || product === undefined) {
    throw usage(
      `--as-device needs the ${hardware === undefined ? 'hardware' : 'product'} of the device`,
      'Name it with --hardware ID and --product NAME.',
    );
  }
  return { kind: 'device', product, hardware };
}

const usage = (message: string, hint: string): OtaError => new OtaError('usage-flag', message, { hint });
