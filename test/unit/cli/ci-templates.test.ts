import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const CI = fileURLToPath(new URL('../../../templates/ci/', import.meta.url));
const SCRIPTS = readdirSync(join(CI, 'scripts'));

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly 'timeout-minutes': number;
  readonly env: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

/** Scripts of `ci/` in a command line. */
const scriptsIn = (run: string): readonly string[] =>
  [...run.matchAll(/\bci\/([\w-]+\.sh)/g)].map(([, name = '']) => name);

describe.each(readdirSync(join(CI, 'github')))('the workflow %s', (file) => {
  const text = readFileSync(join(CI, 'github', file), 'utf8');
  const workflow = parse(text) as { permissions: object; jobs: Readonly<Record<string, Job>> };
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);

  it('may by default do nothing, and each job what it needs and no more', () => {
    expect(workflow.permissions).toEqual({});
    for (const job of jobs) {
      expect(job.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
      expect(job['timeout-minutes']).toBeGreaterThan(0);
      expect(job.env.AWS_ROLE_ARN).toMatch(/^\$\{\{ vars\.OTA_[A-Z]+_ROLE \}\}$/);
    }
  });

  it('takes actions by their full commit, and keeps no credentials of the checkout', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(1);
    for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    const checkout = steps.find(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkout?.with).toMatchObject({ 'persist-credentials': false });
  });

  it('has no long-lived key of AWS, and no expression in a command', () => {
    expect(text).not.toMatch(/AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY)/);
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
  });

  it('runs scripts that are there', () => {
    const named = steps.flatMap(({ run = '' }) => scriptsIn(run));
    expect(named).toHaveLength(1);
    for (const name of named) expect(SCRIPTS).toContain(name);
  });

  it('gives secrets to the step that signs, and to no other', () => {
    for (const { run = '', env = {} } of steps) {
      const signs = /\b(?:publish|refresh|recall)\.sh/.test(run);
      expect(Object.values(env).some((value) => value.includes('secrets.'))).toBe(signs);
    }
  });
});

it('the jobs of GitLab run every script, with a token of their own and an image by its version', () => {
  const text = readFileSync(join(CI, 'gitlab/ota.gitlab-ci.yml'), 'utf8');
  const jobs = parse(text) as Readonly<
    Record<string, { script?: readonly string[]; variables?: { AWS_ROLE_ARN?: string } }>
  >;
  const named = Object.values(jobs).flatMap(({ script = [] }) => script.flatMap(scriptsIn));
  expect(named.toSorted()).toEqual(SCRIPTS.filter((name) => name !== 'common.sh').toSorted());
  for (const [name, { variables }] of Object.entries(jobs)) {
    if (name.startsWith('ota-'))
      expect(variables?.AWS_ROLE_ARN).toBe(`$OTA_${name.slice(4).toUpperCase()}_ROLE`);
  }
  expect(jobs['.ota']).toMatchObject({ id_tokens: { OTA_ID_TOKEN: { aud: 'sts.amazonaws.com' } } });
  expect((jobs['.ota'] as { image?: string }).image).toMatch(/^node:\d+\.\d+\.\d+-/);
  expect(text).not.toMatch(/AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY)/);
});

it('the page on CI and that on policies speak of every job', () => {
  const read = (page: string) => readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8');
  for (const script of SCRIPTS.filter((name) => name !== 'common.sh')) {
    expect(read('ci.md')).toContain(`ci/${script}`);
    expect(read('bucket-policies.md')).toContain(`## ${script.replace('.sh', '')}`);
  }
  expect(existsSync(join(CI, 'scripts/common.sh'))).toBe(true);
});
