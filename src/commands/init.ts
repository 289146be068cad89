import { randomBytes } from 'node:crypto';
import { Args, Flags } from '@oclif/core';
import { OtaCommand } from '../cli/command.ts';
import { CI_KINDS } from '../cli/init/ci.ts';
import { GENERATED_PASSPHRASE_BYTES, generatedPassphrase } from '../cli/init/generated-passphrase.ts';
import { createProject, type InitResult, refuseExistingProject } from '../cli/init/project.ts';
import { planInit } from '../cli/init/questions.ts';
import { initLines } from '../cli/init/view.ts';
import { passphraseFlags, readPassphrase } from '../cli/passphrase.ts';
import { terminalPrompts } from '../cli/prompts.ts';

export default class Init extends OtaCommand<typeof Init> {
  static override summary = 'Start a project: ota.yaml, keys and the first trust.';
  static override description = [
    'Asks for what it needs, or takes flags. Makes a commented ota.yaml, two keys sealed with a passphrase ("release" signs what is genuine, "online" keeps the index fresh), and the root and targets that everything is checked against. Nothing that exists is overwritten.',
    'With --yes, or where there is no terminal, what is not given takes its usual value; without a passphrase one is made up and written to keys/passphrase.txt.',
  ].join('\n\n');
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> gateway --yes',
    `<%= config.bin %> <%= command.id %> --product gateway --hardware gw-a1,gw-b2 \\
  --component u-boot:bootloader:build/u-boot.bin --component linux:os:build/rootfs.ext4 \\
  --passphrase-file ~/gateway.passphrase`,
  ];
  static override args = {
    dir: Args.string({ description: 'folder of the project; made if needed', default: '.' }),
  };
  static override flags = {
    product: Flags.string({ description: 'product name: a-z, 0-9 and "-"', helpValue: 'NAME' }),
    hardware: Flags.string({
      description: 'hardware ids that it runs on',
      helpValue: 'ID',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
    }),
    component: Flags.string({
      description: 'a part, its domain and its image',
      helpValue: 'NAME:DOMAIN:FILE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ci: Flags.option({
      description: 'add workflows for this CI, and the scripts that they run (docs/ci.md)',
      options: CI_KINDS,
    })(),
    ...passphraseFlags,
    yes: Flags.boolean({ char: 'y', description: 'ask nothing' }),
  };

  async run(): Promise<InitResult> {
    const { product, hardware, component: components, ci, yes, ...flags } = this.flags;
    const folder = this.args.dir;
    const prompts = yes || !terminalPrompts.interactive ? undefined : terminalPrompts;
    await refuseExistingProject(folder);
    const plan = await planInit(folder, { product, hardware, components }, prompts);
    const source = { file: flags['passphrase-file'], fd: flags['passphrase-fd'] };
    const keepPassphrase = source.file === undefined && source.fd === undefined && prompts === undefined;
    const passphrase = keepPassphrase
      ? generatedPassphrase(randomBytes(GENERATED_PASSPHRASE_BYTES))
      : await readPassphrase({ ...source, confirm: true, label: `the keys of ${plan.product}` });
    const result = await createProject({
      folder,
      plan,
      passphrase,
      keepPassphrase,
      ...(ci === undefined ? {} : { ci }),
      now: this.now(),
      stamp: this.stamp(),
    });
    for (const line of initLines(result, process.cwd())) this.say(line);
    return result;
  }
}
