/** Work that takes time says so by events; who shows them, and whether, is not its concern. */
export interface ProgressEvent {
  /** A verb with its object: `hash linux`, `upload radio`. */
  readonly task: string;
  /** Done so far and in all, in bytes; `total` is absent where it is not known. */
  readonly done: number;
  readonly total?: number;
}

export type Progress = (event: ProgressEvent) => void;

export const silent: Progress = () => {};
