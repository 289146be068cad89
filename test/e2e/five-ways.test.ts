import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createTrust } from '../../src/repository/genesis.ts';
import { directoryStore } from '../../src/storage/directory.ts';
import { ota, otaJson, temporaryFolder } from '../support/cli.ts';
import { gatewayImages, gatewayRelease } from '../support/gateway.ts';
import { makeBundle, ONLINE, PRODUCT, publishFile, RELEASE } from '../support/release.ts';

/** The gateway of test/support, whose 1.1.0 is published; 2.0.0 is bundled with the built tool, wrong in several ways. */
let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  // The built tool goes by the clock.
  const now = Math.floor(Date.now() / 1000);
  const { root, targets } = await createTrust({
    product: PRODUCT,
    releaseSigner: RELEASE,
    onlineKey: ONLINE.publicKey,
    now,
  });
  const trust = { roots: [root.bytes], targetsBytes: targets.bytes };
  const bundle = await makeBundle(join(folder, 'made'), gatewayRelease('1.1.0'));
  await publishFile(bundle, {
    store: directoryStore(join(folder, 'repository')),
    trust,
    now,
    scratch: join(folder, 'scratch'),
  });
  await mkdir(join(folder, 'trust'));
  await writeFile(join(folder, 'trust', '1.root.json'), root.bytes);
  await writeFile(join(folder, 'trust', '1.targets.json'), trust.targetsBytes);
  for (const [name, image] of gatewayImages('2.0.0')) await writeFile(join(folder, `${name}.bin`), image);
});

interface Wrong {
  /** A version of the radio that nothing here has is asked for. */
  readonly range?: true;
  /** A name of a field with a letter left out. */
  readonly typo?: true;
  /** The bootloader does not fit. */
  readonly slot?: true;
  /** The radio's security counter is that of long ago. */
  readonly counter?: true;
  /** Linux and the RTOS are not switched at once though both speak another rpmsg now. */
  readonly alone?: true;
}

async function edit(wrong: Wrong): Promise<void> {
  const { components } = gatewayRelease('2.0.0');
  const fields = Object.entries(components).map(([name, part]) => {
    const requires = name === 'app' && wrong.range ? { radio: '>=5' } : part.requires;
    const counter = name === 'radio' && wrong.counter ? 0 : 1;
    const group = name === 'rtos' && wrong.alone ? undefined : part.group;
    return `  ${name}:
    domain: ${part.domain}
    file: ${name}.bin
    version: ${part.version}
    ${name === 'kernel' && wrong.typo ? 'countr' : 'counter'}: ${counter}
    requires: ${JSON.stringify(requires)}
    provides: ${JSON.stringify(part.provides)}
    slot: {name: ${name}, size: ${name === 'boot' && wrong.slot ? '100 B' : '4 KiB'}}
${group === undefined ? '' : `    group: ${group}\n`}`;
  });
  await writeFile(
    join(folder, 'ota.yaml'),
    `product: gateway\nversion: 2.0.0\nhardware: [gw-a1]\nstore: ./repository\ntrust: trust\ncomponents:\n${fields.join('')}`,
  );
}

/** What a person reads who bundles it. */
async function refused(wrong: Wrong): Promise<string> {
  await edit(wrong);
  const { exitCode, stderr } = await ota(folder, ['bundle']);
  expect(exitCode).toBe(3);
  expect(stderr).not.toMatch(/This is a bug|\n\s+at /);
  return stderr.replaceAll(/\s+/g, ' ');
}

test('a release that is wrong in five ways is refused with five messages, all that can be told at once in one run', async () => {
  const all: Wrong = { range: true, typo: true, slot: true, counter: true, alone: true };
  // What the file itself says: before anything else is looked at.
  const first = await refused(all);
  expect(first).toContain('19:5 unknown field "countr" in components.kernel; did you mean "counter"?');
  expect(first).toContain('54:16 app requires radio >=5, but this release has 4.0.0');
  // Against the images and what is published.
  const second = await refused({ slot: true, counter: true, alone: true });
  expect(second).toContain('refused for 3 reasons');
  expect(second).toContain('boot.bin has 300 bytes, 200 more than the slot "boot"');
  expect(second).toContain('radio has counter 0, release 1.1.0 has 1');
  expect(second).toContain('Raise counter: in ota.yaml to at least the published one');
  expect(second).toContain('rtos 10.4.1 requires rpmsg ^1, and finds 2.0.0 by kernel');
  expect(second).toMatch(/switch .*rtos.* at once: give them the same group/);
  // As it was advised.
  await edit({});
  const { manifest } = await otaJson<{ manifest: { components: { name: string }[] } }>(folder, ['bundle']);
  expect(manifest.components).toHaveLength(6);
});
