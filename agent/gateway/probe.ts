/** Whether prices come: one contract is subscribed for a moment. */
import type { Contract } from "@stoqey/ib";
import type { Clock } from "../../base/clock.ts";
import { subscriptionError } from "../chain/subscription_errors.ts";
import type { Connection } from "./connection.ts";
import { requestStream } from "./stream.ts";

/** IB sends the present values of what is subscribed within about 1.6 s. */
const PROBE_MS = 5_000;

/** Resolves with whether a tick came. Rejects when the connection is lost. */
export async function probeFeed(
  connection: Connection,
  clock: Clock,
  contract: Contract,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<"tick" | "error" | "nothing">();
  const request = await connection.open(
    (api, id) => requestStream(api, id, contract, ""),
    (event) => {
      if (event.type === "price" || event.type === "size") resolve("tick");
      else if (event.type === "error" && subscriptionError(event.code).kind !== "note") {
        resolve("error");
      }
    },
  );
  const timer = clock.after(PROBE_MS, () => resolve("nothing"));
  const onLost = (): void => resolve("nothing");
  connection.closed.addEventListener("abort", onLost, { once: true });
  const found = await promise;
  timer.cancel();
  connection.closed.removeEventListener("abort", onLost);
  request.forget();
  // The gateway holds no line for what it refused.
  if (found !== "error") await connection.send((api) => void api.cancelMktData(request.requestId));
  return found === "tick";
}
