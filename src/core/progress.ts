/** Work that takes time says so by events; who shows them, and whether, is not its concern. */
export interface ProgressEvent {
  /** A verb with its object: `hash linux`, `upload radio`. */
  readonly task: string;
  /** Done so far and in all, in bytes unless `unit` says otherwise; `total` is absent where it is not known. */
  readonly done: number;
  readonly total?: number;
  /** What is counted, in the plural, as in `devices`. */
  readonly unit?: string;
}

export type Progress = (event: ProgressEvent) => void;

export const silent: Progress = () => {};
