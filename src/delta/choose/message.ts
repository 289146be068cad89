import type { SentError } from '../../core/sent-error.ts';
import type { DeltaDone } from './task.ts';

/** What a worker says of its task. */
export type Message = { readonly fraction: number } | { readonly done: DeltaDone } | SentError;
