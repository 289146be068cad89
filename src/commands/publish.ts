import { Args, Flags } from '@oclif/core';
import { withOpenBundle } from '../bundle/files.ts';
import { OtaCommand } from '../cli/command.ts';
import { CACHE_ENV, jobsFlag, withDeltaMaker } from '../cli/delta-maker.ts';
import { logFlag } from '../cli/log/flag.ts';
import { passphraseEnvFlag, passphraseFlags, passphraseSource } from '../cli/passphrase.ts';
import { publicFlag, readBack } from '../cli/public-check.ts';
import { isRequestFile, readRequest, readResponses } from '../cli/requests/read.ts';
import { type StagedRequest, stageRequest } from '../cli/requests/stage.ts';
import { loadSettings } from '../cli/settings.ts';
import { keyidsAtHand, keysThatAreHere, openSigners } from '../cli/signers.ts';
import { requiredStore, singleWriterFlag, storeFlags, storeOptions, strandFlag } from '../cli/store-flags.ts';
import { trustFlag } from '../cli/trust-flag.ts';
import { loadTrust, rootKeyidsOf } from '../cli/trust-folder.ts';
import { planLines } from '../cli/views/plan.ts';
import { publishLines } from '../cli/views/publish.ts';
import { type ReadBack, readBackLines } from '../cli/views/read-back.ts';
import { completeLines, stagedLines } from '../cli/views/staged.ts';
import { OtaError } from '../core/errors.ts';
import { parseName } from '../core/names.ts';
import { withScratchFolder } from '../files/write.ts';
import { type CompleteReport, completePublish } from '../publish/complete.ts';
import { planPublish } from '../publish/make-plan.ts';
import { type PlanReport, planReport } from '../publish/plan-report.ts';
import { type PublishReport, publish } from '../publish/publish.ts';
import { readStaged } from '../publish/staged.ts';
import { openStore } from '../storage/open.ts';
import type { Store } from '../storage/store.ts';

export default class Publish extends OtaCommand<typeof Publish> {
  static override summary =
    'Publish a signed bundle: payloads, deltas and the index that devices fetch; or stage it for officers to sign.';
  static override description =
    `Verifies the bundle and what the store holds, makes the deltas that ota.yaml asks for, uploads what the
store lacks, and signs the product, channel, snapshot and timestamp roles. The timestamp is written last: a device
sees the old release or the new one. Running the same command again completes what was interrupted.

With --stage, what an officer signs is not signed here: payloads and deltas are uploaded, where no device sees them yet, and
everything to be signed goes into a request. ota sign signs it, away from the network. Then name the request and the responses, in
any order, as often as you like: once there are enough, it is published.

A folder needs nothing else. For S3 the credentials come from the usual AWS sources.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> gateway-1.0.0.ota',
    '<%= config.bin %> <%= command.id %> gateway-1.1.0.ota --store s3://updates/gateway --endpoint http://127.0.0.1:7480',
    '<%= config.bin %> <%= command.id %> gateway-1.1.0.ota --dry-run',
    '<%= config.bin %> <%= command.id %> gateway-1.1.0.ota --stage',
    '<%= config.bin %> <%= command.id %> gateway-1.1.0.request ada.response ben.response',
    '<%= config.bin %> <%= command.id %> gateway-1.1.0.ota --channel beta --passphrase-file keys/passphrase.txt --json',
  ];
  static override args = {
    file: Args.string({
      description: 'a signed bundle; with --stage any bundle; or a request',
      required: true,
    }),
    responses: Args.string({
      description: 'of a request: the responses of officers; - reads one from stdin',
      multiple: true,
    }),
  };
  static override flags = {
    ...storeFlags,
    channel: Flags.string({
      description: 'channel to point at the release; default: channel: in ota.yaml, else stable',
      helpValue: 'NAME',
    }),
    deltas: Flags.integer({
      description:
        'make deltas from this many of the last releases; default: deltas.from in ota.yaml, else 3',
      helpValue: 'N',
      min: 0,
      max: 100,
    }),
    'delta-cache': Flags.string({
      description: 'keep deltas in a folder or a store; default: deltas.cache in ota.yaml',
      helpValue: 'URL',
      env: CACHE_ENV,
    }),
    ...jobsFlag,
    explain: Flags.boolean({
      description: 'show all that was tried for each delta, and why one was taken',
      exclusive: ['stage'],
    }),
    key: Flags.string({
      description: 'key to sign with, a file or a URI; default: keys: in ota.yaml',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ...trustFlag,
    'dry-run': Flags.boolean({
      description: 'show what would be uploaded, signed and replaced, and write nothing; needs no passphrase',
    }),
    stage: Flags.boolean({
      description:
        'upload payloads and deltas, and write a request for officers to sign; needs no passphrase',
      exclusive: ['dry-run'],
    }),
    output: Flags.string({
      char: 'o',
      description:
        'with --stage: the request, a new file; default: <product>-<version>.request in this folder',
      helpValue: 'FILE',
    }),
    rollback: Flags.boolean({
      description: 'let the channel go back to a release that was published before the present one',
    }),
    ...publicFlag,
    ...strandFlag,
    ...singleWriterFlag,
    ...passphraseFlags,
    ...passphraseEnvFlag,
    ...logFlag,
  };

  async run(): Promise<
    (PublishReport & ReadBack) | PlanReport | StagedRequest | (CompleteReport & ReadBack)
  > {
    const { file, responses = [] } = this.args;
    if (await isRequestFile(file)) return this.#complete(file, responses);
    if (responses.length > 0)
      throw new OtaError('usage-flag', `${file} is no request that could have responses`);
    return this.#publish(file);
  }

  async #complete(path: string, responses: readonly string[]): Promise<CompleteReport & ReadBack> {
    const { flags } = this;
    for (const name of [
      'stage',
      'dry-run',
      'output',
      'channel',
      'deltas',
      'explain',
      'rollback',
      'strand',
    ] as const) {
      if (!flags[name] && flags[name] !== 0) continue;
      throw new OtaError(
        'usage-flag',
        `--${name} has no meaning with a request, which says what is published`,
      );
    }
    const settings = await loadSettings();
    const started = Date.now();
    const keys = flags.key ?? (await keysThatAreHere(settings.keys));
    const trust = await loadTrust(flags.trust ?? settings.trust);
    const request = await readRequest(path);
    const store = await this.#store(settings.store);
    const report = await completePublish({
      request,
      responses: await readResponses(responses),
      store,
      trust,
      atHand: await keyidsAtHand(keys),
      unlock: () =>
        openSigners(keys, {
          passphrase: passphraseSource(flags),
          rootKeyids: rootKeyidsOf(trust),
          log: this.signingLog(flags.log),
        }),
      now: this.now(),
      progress: this.progress,
    });
    for (const line of completeLines(report, (Date.now() - started) / 1000)) this.say(line);
    const release = readStaged(request).release?.manifest;
    return { ...report, ...(await this.#readBack({ setting: settings.publicUrl, store, trust, release })) };
  }

  async #store(setting: string | undefined): Promise<Store> {
    const { flags } = this;
    return openStore(requiredStore(flags.store, setting), storeOptions(flags));
  }

  /** What was published is told before it is known whether devices are served it. */
  async #readBack(
    options: Pick<Parameters<typeof readBack>[0], 'setting' | 'store' | 'trust' | 'release'>,
  ): Promise<ReadBack> {
    const flag = this.flags['public-url'];
    const back = await readBack({ ...options, flag, progress: this.progress });
    for (const line of readBackLines(back)) this.say(line);
    return back;
  }

  async #publish(path: string): Promise<(PublishReport & ReadBack) | PlanReport | StagedRequest> {
    const { flags } = this;
    const settings = await loadSettings();
    const channel = flags.channel === undefined ? settings.channel : parseName(flags.channel, 'the channel');
    const keys = flags.key ?? settings.keys;
    const started = Date.now();
    const cache = flags['delta-cache'] ?? settings.deltaCache;
    const making = {
      jobs: flags.jobs,
      cache,
      store: storeOptions(flags),
      warn: (text: string) => this.note(text),
    };
    return withOpenBundle(path, (bundle) =>
      withDeltaMaker(making, async (maker) => {
        const trust = await loadTrust(flags.trust ?? settings.trust);
        const store = await this.#store(settings.store);
        const options = {
          bundle,
          store,
          trust,
          channel,
          rollback: flags.rollback,
          strand: flags.strand,
          deltasFrom: flags.deltas ?? settings.deltasFrom,
          keep: settings.keep,
          maker,
          explain: flags.explain,
          now: this.now(),
          progress: this.progress,
        };
        if (flags.stage) {
          const atHand = await keyidsAtHand(flags.key ?? (await keysThatAreHere(settings.keys)));
          const staged = await stageRequest({ ...options, atHand }, flags.output);
          for (const line of stagedLines(staged)) this.say(line);
          return staged;
        }
        if (flags['dry-run']) {
          const atHand = await keyidsAtHand(keys);
          const plan = await withScratchFolder((scratch) =>
            planPublish({ ...options, atHand, awaitsSignatures: true, scratch }),
          );
          const report = planReport(plan, atHand);
          for (const line of planLines(report)) this.say(line);
          return report;
        }
        const signers = await openSigners(keys, {
          passphrase: passphraseSource(flags),
          rootKeyids: rootKeyidsOf(trust),
          log: this.signingLog(flags.log),
        });
        const report = await withScratchFolder((scratch) => publish({ ...options, signers, scratch }));
        for (const line of publishLines(report, (Date.now() - started) / 1000)) this.say(line);
        const release = bundle.manifest;
        return {
          ...report,
          ...(await this.#readBack({ setting: settings.publicUrl, store, trust, release })),
        };
      }),
    );
  }
}
