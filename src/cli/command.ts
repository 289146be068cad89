import { Command, type Interfaces } from '@oclif/core';
import { type Category, EXIT, OtaError } from '../core/errors.ts';
import type { Progress } from '../core/progress.ts';
import { removeScratch } from '../files/scratch.ts';
import type { LogStamp } from '../keys/log/entry.ts';
import { cancelOnSignals } from './cancel.ts';
import { errorJson, printError } from './errors-view.ts';
import { logStamp } from './log/stamp.ts';
import { type ProgressView, progressView } from './progress.ts';
import type { SigningLog } from './signers.ts';

export type Flags<T extends typeof Command> = Interfaces.InferredFlags<T['flags']>;
export type Args<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

/**
 * What every command shares: `--json`, progress on stderr, errors with a code and an exit code, and a clean end on
 * Ctrl-C. A command parses, calls one function and prints; what `run` returns is its JSON.
 */
export abstract class OtaCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true;
  // oclif types a misspelled flag as `any` unless there is at least one base flag; --json is added by enableJsonFlag.
  static override baseFlags = {};

  protected flags!: Flags<T>;
  protected args!: Args<T>;
  #view: ProgressView | undefined;

  /** Shows progress on a terminal's stderr; silent with --json, in CI and in a pipe. */
  protected get progress(): Progress {
    this.#view ??= progressView({ enabled: !this.jsonEnabled() });
    return this.#view.report;
  }

  /** Now, in whole seconds; `SOURCE_DATE_EPOCH` has no part in it. */
  protected now(): number {
    return Math.floor(Date.now() / 1000);
  }

  /** For the log of what is done with keys: who, with what, when. */
  protected stamp(): LogStamp {
    return logStamp(this.config.version, this.now());
  }

  /** @param path instead of the log beside the key */
  protected signingLog(path: string | undefined): SigningLog {
    return { stamp: () => this.stamp(), path };
  }

  /** A line for a person, on stdout; nothing with --json. */
  protected say(text = ''): void {
    this.#view?.clear();
    this.log(text);
  }

  /** A line beside the result, on stderr; nothing with --json. */
  protected note(text: string): void {
    this.#view?.clear();
    this.logToStderr(text);
  }

  /** Ends with the exit code of a category although the result is shown as one: it is what was asked for. */
  protected endAs(category: Category): void {
    process.exitCode = EXIT[category];
  }

  override async init(): Promise<void> {
    await super.init();
    cancelOnSignals(this.jsonEnabled());
    const { args, flags } = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (super.ctor as typeof OtaCommand).baseFlags,
      enableJsonFlag: this.ctor.enableJsonFlag,
      args: this.ctor.args,
      strict: this.ctor.strict,
    });
    this.flags = flags as Flags<T>;
    this.args = args as Args<T>;
  }

  protected override async catch(
    error: Error & { exitCode?: number; oclif?: { exit?: number } },
  ): Promise<unknown> {
    this.#view?.clear();
    process.exitCode = exitCodeOf(error);
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(error));
    else printError(error, (line) => this.logToStderr(line));
    return undefined;
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#view?.clear();
    removeScratch();
    await super.finally(error);
  }

  // oclif's own form holds the whole argv of a parse failure.
  protected override toErrorJson(error: unknown): unknown {
    return errorJson(error);
  }
}

function exitCodeOf(error: Error & { oclif?: { exit?: number } }): number {
  if (error instanceof OtaError) return error.exitCode;
  return error.oclif?.exit ?? 1;
}
