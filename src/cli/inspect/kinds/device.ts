import chalk from 'chalk';
import { printable } from '../../../core/printable.ts';
import { formatSize } from '../../../core/sizes.ts';
import { diskState } from '../../../device/client/disk-state.ts';
import { ROOT_FILE, SNAPSHOT_FILE, TIMESTAMP_FILE } from '../../../device/client/state.ts';
import { deviceFolder } from '../../../device/device.ts';
import {
  type DeviceFile,
  type FetchedFile,
  type Installed,
  parseDeviceFile,
  type Updating,
} from '../../../device/device-file.ts';
import { readSmallFile } from '../../../files/read.ts';
import { parseSnapshot, parseTimestamp } from '../../../repository/parse-meta.ts';
import { parseRoot } from '../../../repository/parse-root.ts';
import { table } from '../../views/table.ts';
import { plainKind } from '../kind.ts';
import { hasType } from '../subject.ts';

interface Device {
  readonly device: Omit<DeviceFile, 'components' | 'slots' | 'updating'> & {
    readonly components: readonly ({ readonly component: string } & Installed)[];
    /** Bytes. */
    readonly slots?: Readonly<Record<string, number>>;
    readonly updating?: Omit<Updating, 'files'> & {
      readonly files: readonly ({ readonly component: string } & FetchedFile)[];
    };
  };
  /** Versions of the roles that a device's folder holds as trusted. */
  readonly trusts?: { readonly root?: number; readonly timestamp?: number; readonly snapshot?: number };
}

/** A device's file, or the folder that is the device. */
export const deviceKind = plainKind<Device>({
  kind: 'device',
  recognises: (subject) =>
    subject.folder ? subject.names.includes('device.json') : hasType(subject, 'ota-device'),
  read: async (subject) => {
    const path = subject.folder ? deviceFolder(subject.path).file : subject.path;
    const { components, slots, updating, ...device } = parseDeviceFile(await readSmallFile(path), path);
    return {
      device: {
        ...device,
        components: listed(components),
        ...(slots ? { slots: Object.fromEntries(slots) } : {}),
        ...(updating ? { updating: { ...updating, files: listed(updating.files) } } : {}),
      },
      ...(subject.folder ? { trusts: await trustsOf(deviceFolder(subject.path).trust) } : {}),
    };
  },
  lines: ({ device, trusts }) => [
    `${chalk.bold(`A ${device.hardware} of ${device.product}`)} on ${device.channel}, ` +
      (device.release === undefined ? 'with no release installed' : `at ${device.release}`),
    ...table(
      [
        { title: '  component' },
        { title: 'version' },
        { title: 'counter', align: 'right' },
        { title: 'image', align: 'right' },
        { title: 'slot' },
      ],
      device.components.map(({ component, version, counter, image, slot }) => [
        `  ${component}`,
        version,
        String(counter),
        formatSize(image.length),
        slot,
      ]),
    ),
    ...(device.installing
      ? [
          `  ${chalk.yellow(`installing ${device.installing.map(({ component, version }) => `${component} ${version}`).join(' and ')} was cut off`)}`,
        ]
      : []),
    ...(device.updating ? [`  ${chalk.yellow(`${device.updating.version} is being installed`)}`] : []),
    ...(device.restart
      ? [`  ${chalk.yellow(`has to restart for ${device.restart.after.join(' and ')}`)}`]
      : []),
    ...(trusts ? [`  trusts ${versionsText(trusts)}`] : []),
    chalk.dim('  (shown as it stands; the slots were not read)'),
  ],
});

const listed = <T>(items: ReadonlyMap<string, T>) =>
  [...items].map(([component, item]) => ({ component, ...item }));

async function trustsOf(folder: string): Promise<NonNullable<Device['trusts']>> {
  const state = diskState(folder);
  const [root, timestamp, snapshot] = [
    await state.load(ROOT_FILE),
    await state.load(TIMESTAMP_FILE),
    await state.load(SNAPSHOT_FILE),
  ];
  return {
    ...(root ? { root: parseRoot(root, ROOT_FILE).signed.version } : {}),
    ...(timestamp ? { timestamp: parseTimestamp(timestamp, TIMESTAMP_FILE).signed.version } : {}),
    ...(snapshot ? { snapshot: parseSnapshot(snapshot, SNAPSHOT_FILE).signed.version } : {}),
  };
}

const versionsText = (trusts: NonNullable<Device['trusts']>): string =>
  Object.entries(trusts)
    .map(([role, version]) => `${printable(role)} ${version}`)
    .join(', ') || 'nothing yet';
