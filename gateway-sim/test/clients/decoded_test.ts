/** Golden messages about orders, read by IB's own decoders: all that was said must come back. */
import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { commissionReport, executionDetails } from "../../wire/responses/executions.ts";
import { completedOrder, openOrder, orderBound, orderStatus } from "../../wire/responses/orders.ts";
import {
  AN_EXECUTION,
  AN_ORDER,
  BOUND,
  COMMISSION,
  COMPLETION,
  PREVIEW,
  STATUS,
  VERSIONS,
} from "../order_messages.ts";
import { EA_CALL } from "../small_market.ts";
import { clients } from "./clients.ts";

const DECODE = fileURLToPath(new URL("python/decode.py", import.meta.url));
const UNSET = Number.MAX_VALUE;

const Told = z.object({
  callback: z.string().nullable(),
  args: z.array(z.unknown()),
  left: z.number(),
});

/** A message, and what the client is to be told, argument by argument. */
interface Golden {
  readonly version: number;
  readonly message: string;
  readonly callback: string;
  readonly args: readonly unknown[];
}

const CALL = {
  conId: EA_CALL.conId,
  symbol: "EA",
  secType: "OPT",
  lastTradeDateOrContractMonth: "20260717",
  strike: 202.5,
  right: "C",
  multiplier: "100",
  exchange: "SMART",
  currency: "USD",
  localSymbol: EA_CALL.localSymbol,
  tradingClass: "EA",
};
const ORDER = {
  action: "BUY",
  totalQuantity: 10,
  orderType: "LMT",
  lmtPrice: 1.25,
  tif: "DAY",
  account: "DU1234567",
  orderRef: "Nestlé",
  permId: 1_700_000_001,
  outsideRth: true,
  hedgeType: "",
  conditions: [],
  algoStrategy: "",
};
const OPEN = { ...ORDER, orderId: 7, clientId: 3, whatIf: false, duration: 2_147_483_647 };
const MARGINS = {
  status: "Submitted",
  initMarginBefore: "100",
  initMarginChange: "125.1",
  maintMarginAfter: "69.5",
  equityWithLoanAfter: "999993.5",
  commissionAndFees: 6.5,
  maxCommissionAndFees: 7.25,
  commissionAndFeesCurrency: "USD",
  warningText: "mind the gap",
};
const EXECUTION = {
  orderId: 7,
  clientId: 3,
  permId: 1_700_000_001,
  execId: "0001.01",
  time: "20260715 09:30:00 US/Eastern",
  acctNumber: "DU1234567",
  exchange: "SMART",
  side: "BOT",
  shares: 4,
  price: 1.25,
  cumQty: 4,
  avgPrice: 1.25,
  orderRef: "ref",
  lastLiquidity: 2,
};

const GOLDEN: readonly Golden[] = [
  ...VERSIONS.flatMap((version): Golden[] => [
    {
      version,
      message: openOrder(AN_ORDER, version, undefined),
      callback: "openOrder",
      args: [7, CALL, OPEN, { status: "Submitted", commissionAndFees: UNSET, warningText: "" }],
    },
    {
      version,
      message: openOrder(AN_ORDER, version, PREVIEW),
      callback: "openOrder",
      args: [7, CALL, { ...OPEN, whatIf: true }, MARGINS],
    },
    {
      version,
      message: completedOrder(AN_ORDER, COMPLETION, version),
      callback: "completedOrder",
      args: [CALL, { ...ORDER, filledQuantity: 4 }, {
        status: "Submitted",
        completedTime: COMPLETION.time,
        completedStatus: COMPLETION.text,
      }],
    },
    {
      version,
      message: executionDetails(5, AN_EXECUTION, version),
      callback: "execDetails",
      args: [5, CALL, EXECUTION],
    },
  ]),
  {
    version: 193,
    message: orderStatus(STATUS),
    callback: "orderStatus",
    args: [7, "Submitted", 4, 6, 1.25, 1_700_000_001, 0, 1.3, 3, "locate", 0],
  },
  {
    version: 193,
    message: commissionReport(COMMISSION),
    callback: "commissionAndFeesReport",
    args: [{ execId: "0001.01", commissionAndFees: 2.6, currency: "USD", realizedPNL: -12.5 }],
  },
  { version: 193, message: orderBound(...BOUND), callback: "orderBound", args: BOUND },
];

/** Only what `expected` names of each argument. */
function named(args: readonly unknown[], expected: readonly unknown[]): readonly unknown[] {
  return args.map((arg, index) => {
    const wanted = expected[index];
    if (arg === null || typeof arg !== "object" || !wanted || typeof wanted !== "object") {
      return arg;
    }
    return Object.fromEntries(Object.entries(arg).filter(([name]) => name in wanted));
  });
}

for (const client of clients.filter(({ name }) => name.startsWith("ibapi"))) {
  Deno.test(`${client.name} decodes orders, executions and commissions whole`, async () => {
    const [python = ""] = await client.command();
    const child = new Deno.Command(python, {
      args: [DECODE],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { PYTHONDONTWRITEBYTECODE: "1" },
    }).spawn();
    const asked = GOLDEN.map(({ version, message }) => JSON.stringify({ version, message }));
    const sending = new Response(asked.join("\n")).body?.pipeTo(child.stdin);
    const [{ stdout, stderr }] = await Promise.all([child.output(), sending]);
    const decode = new TextDecoder();
    assert.equal(decode.decode(stderr), "");
    const lines = decode.decode(stdout).trim().split("\n");
    assert.equal(lines.length, GOLDEN.length);
    for (const [index, { version, callback, args }] of GOLDEN.entries()) {
      const told = Told.parse(JSON.parse(lines[index] ?? ""));
      assert.deepEqual([told.callback, told.left], [callback, 0], `${callback} at ${version}`);
      assert.deepEqual(named(told.args, args), args, `${callback} at ${version}`);
    }
  });
}
