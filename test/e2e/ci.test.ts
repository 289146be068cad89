import { copyFile, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type CiProject, ciProject } from '../support/ci.ts';
import { otaJson } from '../support/cli.ts';

const git = (project: CiProject, ...args: readonly string[]) =>
  execa('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
    cwd: project.folder,
  });

test('the scripts of the CI stage, wait for signatures, publish, keep fresh, recall and prune', async () => {
  const project = await ciProject('github');
  const { folder, run } = project;
  expect((await readdir(join(folder, '.github/workflows'))).toSorted()).toEqual([
    'ota-nightly.yml',
    'ota-prune.yml',
    'ota-publish.yml',
    'ota-recall.yml',
    'ota-stage.yml',
  ]);
  expect((await stat(join(folder, 'ci/stage.sh'))).mode & 0o111).toBe(0o111);
  await git(project, 'init', '--quiet', '--initial-branch=main');

  for (const version of ['1.0.0', '1.1.0']) {
    await project.build(version);
    const request = `request-${version}`;
    const staged = await run('stage.sh', [request]);
    expect(staged, staged.stderr).toMatchObject({ exitCode: 0 });
    const response = await project.sign(request, version);
    // The request alone is merged: nobody has signed yet.
    await git(project, 'add', '--all', 'releases');
    await git(project, 'commit', '--quiet', '--message', 'request');
    if (version === '1.0.0') {
      expect((await run('publish.sh', [`releases/${version}`])).stdout).toContain('nobody has signed yet');
    }
    await copyFile(response, join(folder, 'releases', version, 'ada.response'));
    await git(project, 'add', '--all', 'releases');
    await git(project, 'commit', '--quiet', '--message', 'response');
    // The folder is told by what the last push changed.
    const published = await run('publish.sh', version === '1.0.0' ? [`releases/${version}`] : [], {
      BEFORE: '0'.repeat(40),
    });
    expect(published, published.stderr).toMatchObject({ exitCode: 0 });
    expect(published.stdout).toContain(`Published gateway ${version} on stable`);
  }
  const device = ['device', 'update', 'device', '--hardware', 'gw-a1', '--root', 'trust/1.root.json'];
  expect(await otaJson(folder, device)).toMatchObject({ to: '1.1.0' });

  const nightly = await run('refresh.sh');
  expect(nightly, nightly.stderr).toMatchObject({ exitCode: 0 });
  expect(nightly.stdout).toContain('Nothing is due');
  const recalled = await run('recall.sh', [], {
    OTA_RECALL: '1.0.0',
    OTA_TO: '1.1.0',
    OTA_REASON: '$(touch owned); "the radio" loses its calibration',
  });
  expect(recalled, recalled.stderr).toMatchObject({ exitCode: 0 });
  expect(await readdir(folder)).not.toContain('owned');
  const pruned = await run('prune.sh', ['--dry-run']);
  expect(pruned, pruned.stderr).toMatchObject({ exitCode: 0 });
  expect(pruned.stdout).toContain('Nothing to prune');
}, 240_000);

test('a script takes a token of the job, and leaves neither it nor a key behind', async () => {
  const project = await ciProject('gitlab');
  await expect(readFile(join(project.folder, 'ci/ota.gitlab-ci.yml'), 'utf8')).resolves.toContain(
    'id_tokens',
  );
  const probe = [
    'set -- ; cd "$0"; . ci/common.sh; online_key',
    'cat "$AWS_WEB_IDENTITY_TOKEN_FILE"; echo; stat -c %a "$AWS_WEB_IDENTITY_TOKEN_FILE" "$private/online.key.age"; echo "$private"',
  ].join('; ');
  const { stdout } = await execa('bash', ['-c', probe, project.folder], {
    extendEnv: false,
    env: {
      PATH: process.env.PATH ?? '',
      OTA_ID_TOKEN: 'a.token.of-the-job',
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/ota-publish',
      OTA_ONLINE_KEY: Buffer.from('sealed').toString('base64'),
    },
  });
  const [token, tokenMode, keyMode, folder = ''] = stdout.split('\n');
  expect({ token, tokenMode, keyMode }).toEqual({
    token: 'a.token.of-the-job',
    tokenMode: '600',
    keyMode: '600',
  });
  await expect(stat(folder)).rejects.toThrow('ENOENT');
}, 60_000);
