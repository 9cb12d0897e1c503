/** Faults of sockets and of the whole gateway: what each does to connections as it begins. */
import type { Clock } from "../../base/clock.ts";
import type { Faults } from "../faults/faults.ts";
import type { Connection } from "./connection.ts";
import type { Door } from "./door.ts";

/** What is struck. */
export interface Struck {
  readonly faults: Faults;
  readonly clock: Clock;
  readonly door: Door;
  /** The connections that are open now. */
  readonly connections: () => readonly Connection[];
  /** From now on who connects is not answered, until what it returns is called. */
  readonly deafen: () => () => void;
}

/** After 1100 a gateway that restarts drops its connections. */
const RESTART_NOTICE_MS = 100;

const LOST = "Connectivity between IB and Trader Workstation has been lost.";

/** Has faults strike as they begin; what it returns stops that. */
export function strikeSockets(struck: Struck): () => void {
  const { faults, clock, door, connections, deafen } = struck;
  /** Those that a fault of this client ID, or of all, strikes. */
  const whom = (clientId: number | undefined): readonly Connection[] =>
    connections().filter((each) => clientId === undefined || each.state.clientId === clientId);
  const stops = [
    faults.on("drop", ({ clientId, everySeconds }, id) => {
      const drop = (): void => {
        for (const connection of whom(clientId)) {
          const strikes = faults.strikes("drop", connection.state.clientId);
          if (strikes) connection.close("a fault drops the connection");
        }
      };
      // After the call that switched it on, so that its answer is not mixed up with the end.
      const first = clock.after(0, () => {
        drop();
        if (everySeconds === undefined) faults.end(id);
      });
      const again = everySeconds === undefined
        ? undefined
        : clock.every(everySeconds * 1_000, drop);
      return () => {
        first.cancel();
        again?.cancel();
      };
    }),
    faults.on("deaf", ({ from, clientId }) => {
      if (from === "handshake") return undefined;
      if (from === "now") { for (const connection of whom(clientId)) connection.deafen(); }
      return clientId === undefined ? deafen() : undefined;
    }),
    faults.on("refuse", () => door.shut()),
    faults.on("port_changed", (_, id) => {
      const port = door.port;
      const text =
        `TWS socket port has been reset and this connection is being dropped. Please reconnect on the new port - ${port}`;
      for (const connection of connections()) {
        connection.inject(-1, 1300, text);
        connection.closeSoon("the socket port was reset");
      }
      clock.after(0, () => faults.end(id));
      return undefined;
    }),
    faults.on("restart", ({ refuseSeconds, then }, id) => {
      for (const connection of connections()) connection.inject(-1, 1100, LOST);
      let open: (() => void) | undefined;
      let hear: (() => void) | undefined;
      const down = clock.after(RESTART_NOTICE_MS, () => {
        open = door.shut();
        for (const connection of connections()) connection.close("the gateway restarts");
      });
      const up = clock.after(RESTART_NOTICE_MS + refuseSeconds * 1_000, () => {
        if (then === "up") return void faults.end(id);
        hear = deafen();
        open?.();
      });
      return () => {
        down.cancel();
        up.cancel();
        hear?.();
        open?.();
      };
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
