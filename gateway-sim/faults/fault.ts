/**
 * What can go wrong with a gateway, by name and with its settings: the bodies of `POST /faults` and
 * the steps of a scenario. What really happens, with sources, is in `docs/gateway/faults.md`.
 */
import { z } from "zod";
import type { FieldProblem } from "../../base/problem.ts";

const seconds = z.number().nonnegative().max(86_400);
const text = z.string().min(1).max(300);
const symbol = z.string().min(1).max(32);

const YES = true;
const NO = false;
const onByDefault = z.boolean().default(YES);
const offByDefault = z.boolean().default(NO);

/** What every fault may have besides. */
const common = {
  seconds: seconds.optional().describe("ends by itself after so long"),
  probability: z.number().min(0).max(1).default(1).describe("of each occasion"),
  times: z.number().int().positive().optional().describe("ends by itself after so many occasions"),
  clientId: z.number().int().nonnegative().optional().describe("strikes this client only"),
};

/** Codes with which TWS refuses market data, or says how little of it there is. */
export const DATA_CODES = [354, 10089, 10090, 10091, 10167, 10168, 10197, 200, 101] as const;

/** Notices about farms: market data 2103 2104 2108 2119, historical 2105–2107, contracts 2157 2158. */
export const FARM_CODES = [2103, 2104, 2105, 2106, 2107, 2108, 2110, 2119, 2157, 2158] as const;

/** Errors of historical data. */
export const HISTORICAL_CODES = [162, 322, 366, 420] as const;

/** One fault. */
export const fault = z.discriminatedUnion("fault", [
  // Sockets.
  z.strictObject({
    ...common,
    fault: z.literal("drop").describe("ends connections at once"),
    everySeconds: seconds.optional().describe("again and again; without it once, now"),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("deaf").describe("takes connections and says nothing"),
    from: z.enum(["accept", "handshake", "now"]).default("now")
      .describe(
        "accept: no handshake; handshake: silent after startApi; now: as accept, and open connections too",
      ),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("half_open").describe("a client that left keeps its ID and its lines"),
    lingerSeconds: seconds.default(10),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("id_taken").describe("326 for the client IDs named, or for all"),
    clientIds: z.array(z.number().int().nonnegative()).optional(),
  }),
  z.strictObject({ ...common, fault: z.literal("refuse").describe("does not listen") }),
  z.strictObject({
    ...common,
    fault: z.literal("restart").describe("the nightly restart: 1100, drops all, does not listen"),
    refuseSeconds: seconds.default(60),
    then: z.enum(["up", "login_2fa"]).default("up")
      .describe("login_2fa: listens, and is deaf until the fault is ended by hand"),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("segments").describe("how bytes leave: TCP promises no boundaries"),
    how: z.enum(["split", "coalesce", "one_byte"]),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("slow_reader").describe("reads so slowly that the client's writes back up"),
    bytesPerSecond: z.number().int().positive().default(100),
  }),
  // The system.
  z.strictObject({
    ...common,
    fault: z.literal("connectivity").describe("1100; at its end 1101 or 1102"),
    restored: z.union([z.literal(1101), z.literal(1102)]).default(1102),
    loseSubscriptions: z.boolean().optional()
      .describe("whether lines are silent after it; by default with 1101 and not with 1102"),
    repeatSeconds: seconds.default(0).describe("1100 again every so often; 0: once"),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("port_changed").describe("1300, and drops the connection"),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("farm").describe("a farm breaks, and is well at the fault's end"),
    code: z.union(FARM_CODES.map((code) => z.literal(code))).default(2103),
    name: text.optional().describe("by default usfarm, ushmds, secdefnj or usopt, by the code"),
    flapEverySeconds: seconds.default(0).describe("broken and well in turn; 0: broken all along"),
    stopTicks: onByDefault,
    keepSilent: offByDefault.describe("lines of before never tick again"),
    spurious200: offByDefault.describe("contracts are unknown meanwhile"),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("rate_warning").describe("warns of the message rate without a reason"),
  }),
  // Requests.
  z.strictObject({
    ...common,
    fault: z.literal("refuse_data").describe("answers market-data requests with an error"),
    code: z.union(DATA_CODES.map((code) => z.literal(code))),
    symbol: symbol.optional().describe("an underlying, or a local symbol; without it all"),
    secType: z.enum(["STK", "IND", "OPT"]).optional(),
    burst: z.number().int().positive().default(1).describe("so many errors for each line"),
    openLines: offByDefault.describe("strikes lines that are open, too"),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("mute").describe("market-data requests are taken, and never tick"),
    symbol: symbol.optional(),
    openLines: onByDefault.describe("lines that are open stop ticking, too"),
    heals: onByDefault.describe("whether they tick again at the fault's end"),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("unknown_contract").describe("200 for what there is"),
    symbol: symbol.optional(),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("slow_details").describe("contract details take long"),
    delaySeconds: seconds.default(60),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("no_parameters").describe("option parameters end without a chain"),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("lines_free_slowly").describe("a cancelled line counts on for a while"),
    delaySeconds: seconds.default(2),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("historical").describe("answers historical requests with an error"),
    code: z.union(HISTORICAL_CODES.map((code) => z.literal(code))).default(162),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("slow_historical").describe("historical data takes long"),
    delaySeconds: seconds.default(10),
  }),
  z.strictObject({
    ...common,
    fault: z.literal("silent_request").describe("requests of this kind are never answered"),
    request: z.enum(["details", "parameters", "historical", "time", "market_data"]),
  }),
]);

/** A fault, with all its settings. */
export type Fault = z.output<typeof fault>;

/** A fault, as it is written. */
export type FaultText = z.input<typeof fault>;

/** The name of a fault. */
export type FaultName = Fault["fault"];

/** A fault of one name. */
export type FaultOf<N extends FaultName> = Extract<Fault, { readonly fault: N }>;

/** The names of all faults. */
export const FAULT_NAMES: readonly FaultName[] = fault.options.map((option) =>
  option.shape.fault.value
);

/** A fault that was read, or what is wrong with it: each field with what is allowed. */
export type FaultReading =
  | { readonly ok: true; readonly fault: Fault }
  | { readonly ok: false; readonly errors: readonly FieldProblem[] };

/**
 * Reads a fault.
 *
 * @example
 * ```ts
 * import { strict as assert } from "node:assert";
 * import { readFault } from "./fault.ts";
 * const read = readFault({ fault: "mute", symbol: "EA", seconds: 60 });
 * assert(read.ok && read.fault.fault === "mute" && read.fault.heals);
 * assert(!readFault({ fault: "earthquake" }).ok);
 * ```
 */
export function readFault(value: unknown): FaultReading {
  const named = z.object({ fault: z.string() }).safeParse(value);
  if (!named.success) {
    const message = `names no fault; there are: ${FAULT_NAMES.join(", ")}`;
    return { ok: false, errors: [{ path: "fault", message }] };
  }
  const { fault: name } = named.data;
  const option = fault.options.find((each) => each.shape.fault.value === name);
  if (!option) {
    const message = `'${name.slice(0, 40)}' is no fault; there are: ${FAULT_NAMES.join(", ")}`;
    return { ok: false, errors: [{ path: "fault", message }] };
  }
  const read = fault.safeParse(value);
  if (read.success) return { ok: true, fault: read.data };
  const settings = Object.keys(option.shape).filter((key) => key !== "fault").join(", ");
  const errors = read.error.issues.map((issue) => ({
    path: issue.path.join(".") || "fault",
    message: issue.code === "unrecognized_keys"
      ? `${name} has no setting ${issue.keys.join(", ")}; it has: ${settings}`
      : issue.message,
  }));
  return { ok: false, errors };
}
