/** How bytes leave a gateway whose network cuts them anyhow: TCP promises no boundaries. */
import { type Clock, sleep } from "../../base/clock.ts";
import { chance } from "../../options/synthetic/random.ts";
import type { ByteSink } from "../server/outbox.ts";
import type { Faults } from "./faults.ts";

/** Held back for so long, what is written meanwhile leaves together. */
const COALESCE_MS = 50;

/** The largest piece of a split. */
const MOST_PIECE = 7;

/** A sink that cuts and joins as the faults that are on say. */
export function faultySink(sink: ByteSink, given: {
  readonly faults: Faults;
  readonly clock: Clock;
  readonly clientId: () => number | null;
}): ByteSink {
  const { faults, clock, clientId } = given;
  let pieces = 0;
  return {
    async write(bytes) {
      const segments = faults.strikes("segments", clientId());
      switch (segments?.how) {
        case undefined:
          return await sink.write(bytes);
        case "coalesce":
          await sleep(clock, COALESCE_MS);
          return await sink.write(bytes);
        case "one_byte":
          return await sink.write(bytes.subarray(0, 1));
        case "split":
          return await sink.write(
            bytes.subarray(0, 1 + Math.floor(chance(MOST_PIECE, ++pieces) * MOST_PIECE)),
          );
      }
    },
  };
}
