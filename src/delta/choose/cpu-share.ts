/**
 * CPU seconds of tasks that run side by side in one process, its helper threads included. The system counts them for the process
 * alone, so what is used while several run is shared evenly among those.
 */
export class CpuShare {
  readonly #now: () => number;
  readonly #running = new Map<symbol, number>();
  #last: number;

  /** @param now CPU seconds that the process has used */
  constructor(now: () => number = cpuSeconds) {
    this.#now = now;
    this.#last = now();
  }

  /** Begins to count for a task; what is given back ends it and gives its seconds. */
  start(): () => number {
    const task = Symbol('task');
    this.#share();
    this.#running.set(task, 0);
    return () => {
      this.#share();
      const seconds = this.#running.get(task) ?? 0;
      this.#running.delete(task);
      return seconds;
    };
  }

  #share(): void {
    const now = this.#now();
    const each = (now - this.#last) / this.#running.size;
    this.#last = now;
    for (const [task, seconds] of this.#running) this.#running.set(task, seconds + each);
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
