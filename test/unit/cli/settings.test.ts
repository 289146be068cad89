import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/cli/settings.ts';
import { freshFolder } from '../../support/folder.ts';
import { rejected } from '../keys/thrown.ts';

const folder = freshFolder();
const home = process.cwd();
afterEach(() => process.chdir(home));

const MINIMAL = `product: gateway
version: 1.0.0
hardware: [gw-a1]
components:
  app: {domain: app, file: app.bin, version: 1.0.0, counter: 1}
`;
const write = (text: string | Uint8Array) => writeFileSync(folder.at('ota.yaml'), text);

describe('loadSettings', () => {
  it('has the usual values without a release file', async () => {
    const keep = { releases: 5, versions: [] };
    const usual = { keys: [], channel: 'stable', deltasFrom: 3, keep };
    expect(await loadSettings(folder.path)).toEqual({ ...usual, trust: folder.at('trust') });
    process.chdir(folder.path);
    expect(await loadSettings()).toEqual({ ...usual, trust: 'trust' });
  });

  it('has the usual values for what the file does not say', async () => {
    write(MINIMAL);
    expect(await loadSettings(folder.path)).toEqual({
      product: 'gateway',
      keys: [],
      trust: folder.at('trust'),
      channel: 'stable',
      deltasFrom: 3,
      keep: { releases: 5, versions: [] },
    });
  });

  it('reads paths as relative to the file, and leaves those that are absolute', async () => {
    const absolute = resolve(folder.at('vault', 'online.key.age'));
    write(
      `${MINIMAL}keys: [keys/release.key.age, ${JSON.stringify(absolute)}]\ntrust: ../trust\nstore: s3://bucket/prefix\nchannel: beta\ndeltas: {from: 1}\nkeep: {releases: 2, versions: [1.0.0]}\n`,
    );
    const settings = {
      product: 'gateway',
      store: 's3://bucket/prefix',
      channel: 'beta',
      deltasFrom: 1,
      keep: { releases: 2, versions: ['1.0.0'] },
    };
    const keys = (path: string) => [
      { kind: 'file', uri: 'keys/release.key.age', path },
      { kind: 'file', uri: absolute, path: absolute },
    ];
    expect(await loadSettings(folder.path)).toEqual({
      ...settings,
      keys: keys(folder.at('keys', 'release.key.age')),
      trust: join(folder.path, '../trust'),
    });
    process.chdir(folder.path);
    expect(await loadSettings()).toEqual({
      ...settings,
      keys: keys(join('keys', 'release.key.age')),
      trust: join('..', 'trust'),
    });
  });

  it('reads a key that is no file by its URI, and says where one is wrong', async () => {
    write(`${MINIMAL}keys: ["pkcs11:token=ota;object=release", "ssh-agent:"]\n`);
    expect((await loadSettings(folder.path)).keys).toMatchObject([{ kind: 'pkcs11' }, { kind: 'ssh-agent' }]);
    write(`${MINIMAL}keys: ["ssh-agent:", "pkcs11:object=a?pin-value=86753"]\n`);
    const error = await rejected(loadSettings(folder.path));
    expect(error.faults).toMatchObject([{ where: '6:22', message: expect.stringContaining('PIN') }]);
    expect(JSON.stringify(error.faults)).not.toContain('86753');
  });

  it('refuses a release file with faults, each with its place', async () => {
    write(`${MINIMAL}chanel: beta\n`);
    const error = await rejected(loadSettings(folder.path));
    expect(error).toMatchObject({ code: 'release-file-invalid', exitCode: 3, where: folder.at('ota.yaml') });
    expect(error.faults).toMatchObject([{ where: '6:1', message: expect.stringContaining('channel') }]);
  });

  it('refuses a release file that is no text', async () => {
    write(Buffer.concat([Buffer.from(MINIMAL), Buffer.from([0xff, 0xfe])]));
    const error = await rejected(loadSettings(folder.path));
    expect(error).toMatchObject({ code: 'release-file-invalid', where: folder.at('ota.yaml') });
    expect(error.message).toContain('UTF-8');
  });
});
