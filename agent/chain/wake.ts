/** Lets one loop sleep until something changed. */
export interface Wake {
  /** Ends the sleep, or the next one when nobody sleeps now. */
  wake(): void;
  /** Sleeps until `wake()`. */
  sleep(): Promise<void>;
}

/** A wake for one sleeper. */
export function createWake(): Wake {
  let pending = false;
  let sleeper: (() => void) | undefined;
  return {
    wake() {
      pending = true;
      sleeper?.();
    },
    async sleep() {
      if (!pending) {
        await new Promise<void>((resolve) => {
          sleeper = resolve;
        });
      }
      pending = false;
      sleeper = undefined;
    },
  };
}
