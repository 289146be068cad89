/** Lets everything else that waits have its turn: long work awaits it now and then. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
