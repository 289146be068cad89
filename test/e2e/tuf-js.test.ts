import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Updater } from 'tuf-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import type { PublishReport } from '../../src/publish/publish.ts';
import { otaJson, temporaryFolder } from '../support/cli.ts';
import { hubFirmware } from '../support/firmware.ts';
import { serveFolder } from '../support/http.ts';
import { bundleAndSign, initProject, PASSPHRASE, readJson, writeVersion } from '../support/project.ts';

interface Manifest {
  readonly components: readonly { readonly name: string; readonly payload: { readonly sha256: string } }[];
}

describe('tuf-js, unmodified, on what ota publish leaves', () => {
  let folder: string;
  let second: PublishReport;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await initProject(folder);
    for (const [version, counter] of [
      ['1.0.0', 1],
      ['1.1.0', 2],
    ] as const) {
      await writeVersion(folder, version, counter);
      second = await otaJson(folder, ['publish', await bundleAndSign(folder, version), ...PASSPHRASE]);
    }
  });

  /** A client that trusts the first root and knows nothing else. */
  async function client(base: string): Promise<Updater> {
    const home = await temporaryClientFolder();
    await cp(join(folder, 'trust/1.root.json'), join(home, 'metadata/root.json'));
    return new Updater({
      metadataDir: join(home, 'metadata'),
      metadataBaseUrl: `${base}/metadata`,
      targetDir: join(home, 'targets'),
      targetBaseUrl: `${base}/targets`,
    });
  }

  let clients = 0;
  async function temporaryClientFolder(): Promise<string> {
    const home = join(folder, `tuf-js-${clients++}`);
    await mkdir(join(home, 'metadata'), { recursive: true });
    await mkdir(join(home, 'targets'), { recursive: true });
    return home;
  }

  async function download(updater: Updater, path: string): Promise<Uint8Array> {
    const target = await updater.getTargetInfo(path);
    if (!target) throw new Error(`tuf-js finds no ${path}`);
    return new Uint8Array(
      await readFile(await updater.downloadTarget(target, join(folder, `got-${sha256(Buffer.from(path))}`))),
    );
  }

  test('walks it from the first root and downloads the channel, the manifest, a payload and a delta', async () => {
    const server = await serveFolder(join(folder, 'repository'));
    try {
      const updater = await client(server.url);
      await updater.refresh();
      const channel = JSON.parse(
        Buffer.from(await download(updater, 'gateway/channels/stable.json')).toString(),
      );
      expect(channel.release.version).toBe('1.1.0');

      const manifestBytes = await download(updater, 'gateway/1.1.0/manifest.json');
      expect(sha256(manifestBytes)).toBe(channel.release.manifest.sha256);
      const manifest: Manifest = JSON.parse(Buffer.from(manifestBytes).toString());
      const radio = manifest.components.find(({ name }) => name === 'radio');
      expect(sha256(await download(updater, 'gateway/1.1.0/radio'))).toBe(radio?.payload.sha256);

      const base = sha256(hubFirmware('old')).slice(0, 16);
      const delta = await download(updater, `gateway/1.1.0/radio.from.${base}.otad`);
      expect(delta.length).toBe(second.deltas.find(({ component }) => component === 'radio')?.length);
    } finally {
      await server.close();
    }
  });

  test('finds nothing that was not published', async () => {
    const server = await serveFolder(join(folder, 'repository'));
    try {
      const updater = await client(server.url);
      await updater.refresh();
      expect(await updater.getTargetInfo('gateway/2.0.0/manifest.json')).toBeUndefined();
    } finally {
      await server.close();
    }
  });

  test('the roles are those of the design', async () => {
    const root = (await readJson(join(folder, 'repository/metadata/1.root.json'))) as {
      signed: {
        consistent_snapshot: boolean;
        spec_version: string;
        roles: Record<string, { threshold: number }>;
      };
    };
    expect(root.signed).toMatchObject({ consistent_snapshot: true, spec_version: '1.0.34' });
    expect(Object.keys(root.signed.roles).sort()).toEqual(['root', 'snapshot', 'targets', 'timestamp']);
    expect(second.roles.map(({ role }) => role)).toEqual([
      'gateway.channels',
      'gateway',
      'snapshot',
      'timestamp',
    ]);
  });
});
