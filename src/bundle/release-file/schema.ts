import { z } from 'zod';
import { DELTA_CODECS, DELTA_FORMATS } from '../../core/delta-formats.ts';
import { DOMAINS } from '../../core/names.ts';
import { days, key, list, name, path, range, size, version, whole } from './fields.ts';

const object = 'must be a list of fields, each "name: value"';

const domain = z.enum(DOMAINS).describe('The kind of part.');
const provides = z
  .record(name, version, { error: object })
  .default({})
  .describe('Interfaces that this component offers to others, each with its version.');
const hardware = list(name)
  .min(1, 'must not be empty: leave it out if all hardware has this component')
  .exactOptional()
  .describe('The hardware that has this component; all of the product, if left out.');

const updateableSchema = z.strictObject(
  {
    updateable: z.literal(true).exactOptional().describe('Whether it is ever updated.'),
    domain,
    file: path.describe('The image, relative to this file.'),
    version: version.describe('The version of this component.'),
    counter: whole(0).describe(
      'Security counter: a device never installs a component whose counter is below one that it has seen.',
    ),
    provides,
    requires: z
      .record(name, range, { error: object })
      .default({})
      .describe('Components and interfaces that must be there, each with a range of semantic versions.'),
    compression: z.enum(['none', 'zstd']).default('zstd').describe('How the payload is shipped.'),
    slot: z
      .strictObject(
        { name: name.describe('The slot that the image is written to.'), size: size.describe('Its size.') },
        { error: object },
      )
      .exactOptional()
      .describe('Where the image goes, and how large it may be.'),
    delta: z
      .union(
        [
          z.literal(false),
          z.strictObject({
            memory: size.exactOptional().describe('What the device can spend on applying one.'),
            formats: list(z.enum(DELTA_FORMATS))
              .min(1, 'must name at least one format; for no deltas: "delta: false"')
              .exactOptional()
              .describe('The formats of deltas that its devices read; otad alone where it is left out.'),
            unpack: z
              .union(
                [
                  z.literal(false),
                  list(z.enum(DELTA_CODECS)).min(
                    1,
                    'must name at least one encoder; for none: "unpack: false"',
                  ),
                ],
                { error: `must be false, or a list of ${DELTA_CODECS.join(', ')}` },
              )
              .exactOptional()
              .describe(
                'By which encoders its devices can pack parts of an image again; all where it is left out, none where it is false.',
              ),
          }),
        ],
        { error: 'must be false, or limits such as {memory: 64 KiB}' },
      )
      .default({})
      .describe('Whether deltas are made for this component, and for what device.'),
    hardware,
    group: name
      .exactOptional()
      .describe('Components of one group are switched at once, such as the two halves of an A/B set.'),
    order: z
      .int({ error: 'must be a whole number' })
      .default(0)
      .describe('A hint for the order to install in: the lower one first, where nothing else decides.'),
    reboot: z
      .boolean({ error: 'must be true or false' })
      .default(false)
      .describe('Whether the device has to restart before what comes after it is installed.'),
  },
  { error: object },
);

const fixedSchema = z.strictObject(
  {
    updateable: z.literal(false).describe('It is in every device and is never updated.'),
    reason: z
      .string({ error: 'must be text: say why it is not updated' })
      .min(1, 'must not be empty: say why it is not updated')
      .max(1000, 'must be at most 1000 characters')
      .describe('Why it is not updated.'),
    domain,
    version: version.describe('The version that is in the devices.'),
    provides,
    hardware,
  },
  { error: object },
);

/** One entry of `components`. */
export const componentSchema = z.discriminatedUnion('updateable', [updateableSchema, fixedSchema], {
  error: object,
});

/** The release file, `ota.yaml`: what is checked, what its types are and what editors know of it. */
export const releaseFileSchema = z
  .strictObject(
    {
      product: name.describe('The device model line.'),
      version: version.describe('The version of the product that this release is.'),
      hardware: list(name)
        .min(1, 'must name at least one hardware')
        .describe('The hardware that this release is for.'),
      notes: path.exactOptional().describe('Release notes, shipped in the bundle.'),
      extras: list(path).default([]).describe('Other files to ship in the bundle, such as an SBOM.'),
      components: z
        .record(name, componentSchema, { error: object })
        .refine((all) => Object.keys(all).length > 0, 'must name at least one component')
        .describe('The updatable parts, each under its name.'),
      store: z
        .string({ error: 'must be text' })
        .min(1, 'must not be empty')
        .exactOptional()
        .describe('Where "ota publish" puts releases: a folder or an s3:// URL.'),
      'public-url': z
        .string({ error: 'must be text' })
        .regex(
          /^https?:\/\/[^\s?#@]+$/,
          'must be an http:// or https:// address without a user name, "?" or "#"',
        )
        .exactOptional()
        .describe(
          'Where devices read what is published, such as a CDN: it is read back there after each publication.',
        ),
      channel: name
        .default('stable' as z.output<typeof name>)
        .describe('The channel that "ota publish" offers the release on.'),
      keys: list(key)
        .default([])
        .describe('Keys to sign with: key files, or file:, pkcs11:, ssh-agent: and exec: URIs.'),
      trust: path.default('trust').describe('The folder of trusted metadata.'),
      deltas: z
        .strictObject(
          {
            from: whole(0).default(3).describe('How many releases back.'),
            cache: z
              .string({ error: 'must be text' })
              .min(1, 'must not be empty')
              .exactOptional()
              .describe('Where deltas are kept to be used again: a folder or an s3:// URL.'),
          },
          { error: object },
        )
        .default({ from: 3 })
        .describe('Which earlier releases "ota publish" makes deltas from.'),
      keep: z
        .strictObject(
          {
            releases: whole(1).default(5).describe('This many of the last.'),
            versions: list(version)
              .default([])
              .describe('And these, such as one that devices have to pass through.'),
            archived: z
              .strictObject(
                {
                  releases: whole(1)
                    .exactOptional()
                    .describe('Of this many of the last that were published, live ones among them.'),
                  younger: days.exactOptional().describe('Of those archived less than this long ago.'),
                  security: days
                    .exactOptional()
                    .describe(
                      'Of those that raised a security counter, for this long after they were archived.',
                    ),
                },
                { error: object },
              )
              .exactOptional()
              .describe('Whose bundles are kept of those that are archived; all, where this is left out.'),
          },
          { error: object },
        )
        .default({ releases: 5, versions: [] })
        .describe('Which releases stay live when no channel names them; the others are archived.'),
    },
    { error: object },
  )
  .describe('A release of a product: its components, and where they come from.');
