/** Paper orders over real sockets, with a raw client that shows each field. */
import { strict as assert } from "node:assert";
import { z } from "zod";
import { manualClock } from "../../base/clock.ts";
import { HAND_ORDER, placeByHand } from "../control/hand_orders.ts";
import type { Gateway } from "../server/gateway.ts";
import sent from "../wire/requests/orders_sent.json" with { type: "json" };
import { byConId, withGateway } from "./gateway_for_test.ts";
import type { Message, RawClient } from "./raw_client.ts";
import { EA, EA_CALL, SPX } from "./small_market.ts";

/** 10:00 in New York, in EA's liquid hours. */
const MORNING_MS = Date.UTC(2026, 6, 15, 14);
const HOUR_MS = 3_600_000;
const CLOSED = false;

/** An order as ibapi writes it, to buy one call at 1.00 but for what is given. */
function placeOrder(orderId: number, given: {
  readonly conId?: number;
  readonly action?: string;
  readonly quantity?: number;
  readonly type?: string;
  readonly limit?: number | "";
  readonly tif?: string;
  readonly account?: string;
  readonly transmit?: boolean;
} = {}): readonly (string | number | boolean)[] {
  const golden = sent.find((it) => it.client === "ibapi" && it.serverVersion === 193);
  const fields = golden?.fields.split("|") ?? [];
  const { action = "BUY", quantity = 1, type = "LMT", limit = 1, tif = "DAY" } = given;
  return [
    3,
    orderId,
    ...byConId(given.conId ?? EA_CALL.conId),
    ...["", ""], // secIdType, secId
    ...[action, quantity, type, limit, "", tif],
    "", // ocaGroup
    given.account ?? "",
    ...fields.slice(24, 27), // openClose, origin, orderRef
    given.transmit ?? true,
    ...fields.slice(28),
  ];
}

/** The status and what is filled of each orderStatus message about an order. */
function statuses(messages: readonly Message[], orderId: number): readonly string[] {
  return messages.filter((it) => it[0] === "3" && it[1] === String(orderId))
    .map((it) => `${it[2]} ${it[3]}`);
}

/** All that has come, once everything sent has been answered. */
async function heard(client: RawClient): Promise<readonly Message[]> {
  await client.settle();
  return client.received.splice(0);
}

Deno.test("an order is told by openOrder and orderStatus, a fill by its execution first", async () => {
  await withGateway({}, async ({ connect, market }) => {
    const client = await connect();
    await client.send(...placeOrder(1, { quantity: 25, limit: 1.35 }));
    const placed = await heard(client);
    assert.deepEqual(statuses(placed, 1), ["Submitted 0", "Submitted 20"]);
    const kinds = placed.map((it) => it[0]).filter((kind) => kind !== "4").slice(2);
    assert.deepEqual(kinds, ["5", "3", "11", "59", "5", "3"]);
    market.set(EA_CALL.conId, { askSize: 5 });
    assert.deepEqual(statuses(await heard(client), 1), ["Filled 25"]);
  });
});

Deno.test("an order belongs to its client: others neither hear of it nor cancel it", async () => {
  await withGateway({}, async ({ connect }) => {
    const [owner, other] = [await connect({ clientId: 1 }), await connect({ clientId: 2 })];
    await owner.send(...placeOrder(1));
    assert.deepEqual(statuses(await heard(owner), 1), ["Submitted 0"]);
    assert.deepEqual(statuses(await heard(other), 1), []);
    await other.send(5, 1);
    assert.deepEqual((await other.until((it) => it[0] === "53")).map((it) => it[0]), []);
    await other.send(16, 1);
    const all = await other.until((it) => it[0] === "53");
    assert.deepEqual(statuses(all, 1), ["Submitted 0"]);
    await other.send(4, 1, "", "", "");
    assert.equal((await other.nextError(1))[0], 10147);
  });
});

Deno.test("a client that comes back finds its orders, and the next ID is above theirs", async () => {
  await withGateway({}, async ({ connect, nextEnd }) => {
    const before = await connect({ clientId: 7 });
    await before.send(...placeOrder(41));
    await heard(before);
    const ended = nextEnd();
    await before.close();
    await ended;
    const again = await connect({ clientId: 7 });
    assert.deepEqual(await again.next((it) => it[0] === "9"), ["9", "1", "42"]);
    assert.deepEqual(statuses(await heard(again), 41), ["Submitted 0"]);
    await again.send(8, 1, 1);
    assert.deepEqual(await again.next((it) => it[0] === "9"), ["9", "1", "42"]);
    await again.send(4, 41, "", "", "");
    assert.equal((await again.nextError(41))[0], 202);
    assert.deepEqual(statuses(await heard(again), 41), ["PendingCancel 0", "Cancelled 0"]);
    const fresh = await connect({ clientId: 8 });
    assert.deepEqual(await fresh.next((it) => it[0] === "9"), ["9", "1", "1"]);
  });
});

Deno.test("an order fills while its client is away", async () => {
  await withGateway({}, async ({ connect, market, nextEnd }) => {
    const before = await connect({ clientId: 7 });
    await before.send(...placeOrder(1, { limit: 1.2 }));
    await heard(before);
    const ended = nextEnd();
    await before.close();
    await ended;
    market.set(EA_CALL.conId, { ask: 1.15 });
    const again = await connect({ clientId: 7 });
    await again.send(7, 3, 5, 0, "", "", "", "", "", "");
    const executions = await again.until((it) => it[0] === "55");
    const [execution] = executions.filter((it) => it[0] === "11");
    assert.deepEqual(execution?.slice(1, 4), ["5", "1", String(EA_CALL.conId)]);
    assert.equal(market.listeners, 0, "no order is open, so no quote is watched");
  });
});

Deno.test("reqGlobalCancel ends the orders of all clients, and each hears of its own", async () => {
  await withGateway({}, async ({ connect }) => {
    const [one, two] = [await connect({ clientId: 1 }), await connect({ clientId: 2 })];
    await one.send(...placeOrder(1));
    await two.send(...placeOrder(5));
    await heard(two);
    await one.send(58, "", "");
    assert.deepEqual(statuses(await heard(one), 1).at(-1), "Cancelled 0");
    assert.deepEqual(statuses(await heard(two), 5).at(-1), "Cancelled 0");
  });
});

Deno.test("an order that was refused is Inactive, no open order, and Cancelled among those completed", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.send(...placeOrder(1, { quantity: 100_000, limit: 1.35 }));
    assert.equal((await client.nextError(1))[0], 201);
    assert.deepEqual(statuses(await heard(client), 1), ["Inactive 0"]);
    await client.send(5, 1);
    assert.deepEqual(await client.until((it) => it[0] === "53"), []);
    await client.send(99, 0);
    const [completed] = await client.until((it) => it[0] === "102");
    assert.ok(completed?.includes("Cancelled") && completed.includes("Rejected"));
    await client.send(4, 1, "", "", "");
    assert.deepEqual(statuses(await heard(client), 1).at(-1), "Cancelled 0");
  });
});

Deno.test("an order that is not transmitted waits until it is placed again", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.send(...placeOrder(1, { limit: 1.35, transmit: false }));
    assert.deepEqual(statuses(await heard(client), 1), ["ApiPending 0"]);
    await client.send(...placeOrder(1, { limit: 1.35 }));
    assert.deepEqual(statuses(await heard(client), 1), ["Submitted 0", "Filled 1"]);
  });
});

Deno.test("orders of the day end at the close, without anybody asking", async () => {
  const clock = manualClock(MORNING_MS);
  await withGateway({ clock }, async ({ connect }) => {
    const client = await connect();
    await client.send(...placeOrder(1));
    await client.send(...placeOrder(2, { tif: "GTC" }));
    await heard(client);
    clock.advance(6 * HOUR_MS);
    const told = await heard(client);
    assert.deepEqual([statuses(told, 1), statuses(told, 2)], [["Cancelled 0"], []]);
    await client.send(99, 0);
    const [completed] = await client.until((it) => it[0] === "102");
    assert.equal(completed?.[0], "101");
    assert.ok(completed?.includes("20260715 16:00:00 US/Eastern"), String(completed));
  });
});

Deno.test("with the market closed an order waits, and is filled when it opens", async () => {
  await withGateway({}, async ({ connect, gateway }) => {
    gateway.hours.force(CLOSED);
    const client = await connect();
    await client.send(...placeOrder(1, { limit: 1.35 }));
    assert.equal((await client.nextError(1))[0], 399);
    assert.deepEqual(statuses(await heard(client), 1), ["PreSubmitted 0"]);
    gateway.hours.force(null);
    assert.deepEqual(statuses(await heard(client), 1), ["Submitted 0", "Filled 1"]);
  });
});

Deno.test("positions and account figures tell of a fill until they are cancelled", async () => {
  await withGateway({}, async ({ connect }) => {
    const [trader, watcher] = [await connect({ clientId: 1 }), await connect({ clientId: 2 })];
    await watcher.send(61, 1);
    await watcher.send(62, 1, 5, "All", "TotalCashValue");
    await watcher.send(6, 2, 1, "");
    await watcher.send(76, 1, 6, "", "", 0);
    await heard(watcher);
    await trader.send(...placeOrder(1, { limit: 1.35, quantity: 2 }));
    await heard(trader);
    const told = await heard(watcher);
    const [position] = told.filter((it) => it[0] === "61");
    assert.deepEqual([position?.[3], position?.at(-2)], [String(EA_CALL.conId), "2"]);
    const cash = (1_000_000 - 270 - 1.3).toFixed(2);
    assert.deepEqual(told.filter((it) => it[0] === "63").map((it) => it.slice(2)), [
      ["5", "DU1234567", "TotalCashValue", cash, "USD"],
    ]);
    assert.ok(told.some((it) => it[0] === "6" && it[2] === "TotalCashValue" && it[3] === cash));
    assert.ok(told.some((it) => it[0] === "7" && it[2] === String(EA_CALL.conId)));
    assert.ok(told.some((it) => it[0] === "73" && it[2] === "6" && it[6] === cash));
    assert.ok(!told.some((it) => it[0] === "6" && it[2] === "AccountType"), "it has not changed");
    await watcher.send(64, 1);
    await watcher.send(63, 1, 5);
    await watcher.send(77, 1, 6);
    await watcher.send(6, 2, 0, "");
    await heard(watcher);
    await trader.send(...placeOrder(2, { limit: 1.35 }));
    await heard(trader);
    const later = await heard(watcher);
    assert.deepEqual(later, []);
  });
});

/** Types an order for calls at a limit of 1.00 into TWS, and returns its permanent ID. */
async function typeOrder(gateway: Gateway, quantity: number): Promise<string> {
  const order = { conId: EA_CALL.conId, action: "BUY", quantity, limitPrice: 1 };
  const response = placeByHand(gateway.desk, HAND_ORDER.parse(order));
  assert.equal(response.status, 201);
  const { permId } = z.object({ permId: z.number() }).parse(await response.json());
  return String(permId);
}

Deno.test("an order made by hand is nobody's until client 0 asks for open orders", async () => {
  await withGateway({}, async ({ connect, gateway }) => {
    const [zero, other] = [await connect({ clientId: 0 }), await connect({ clientId: 1 })];
    await heard(zero);
    gateway.hours.force(CLOSED);
    const permId = await typeOrder(gateway, 3);
    gateway.hours.force(null);
    assert.deepEqual(await heard(zero), [], "nor of warning 399");
    await zero.send(4, -1, "", "", "");
    assert.equal((await zero.nextError(-1))[0], 10147);
    await other.send(16, 1);
    const [seen] = (await other.until((it) => it[0] === "53")).filter((it) => it[0] === "3");
    assert.deepEqual([seen?.[1], seen?.[6], seen?.[9]], ["0", permId, "0"]);
    await other.send(5, 1);
    assert.deepEqual(await other.until((it) => it[0] === "53"), []);
    await zero.send(5, 1);
    const told = await zero.until((it) => it[0] === "53");
    assert.deepEqual(told.find((it) => it[0] === "100"), ["100", permId, "0", "-1"]);
    assert.deepEqual(statuses(told, -1), ["Submitted 0"]);
    await zero.send(4, -1, "", "", "");
    assert.deepEqual(statuses(await heard(zero), -1).at(-1), "Cancelled 0");
  });
});

Deno.test("with reqAutoOpenOrders client 0 is bound to orders made by hand as they come", async () => {
  await withGateway({}, async ({ connect, gateway, market }) => {
    const zero = await connect({ clientId: 0 });
    await zero.send(15, 1, 1);
    await heard(zero);
    const permId = await typeOrder(gateway, 3);
    const told = await heard(zero);
    assert.deepEqual(told.find((it) => it[0] === "100"), ["100", permId, "0", "-1"]);
    market.set(EA_CALL.conId, { ask: 0.9 });
    assert.deepEqual(statuses(await heard(zero), -1), ["Filled 3"]);
    const other = await connect({ clientId: 1 });
    await heard(other);
    await other.send(15, 1, 1);
    assert.match((await other.nextError(-1))[1], /only client 0/);
    await other.send(...placeOrder(-7));
    assert.match((await other.nextError(-7))[1], /order ID -7; allowed are those above 0/);
  });
});

Deno.test("what cannot be ordered by hand is refused with what is wrong", async () => {
  await withGateway({}, async ({ gateway }) => {
    const refused = async (order: Readonly<Record<string, unknown>>): Promise<string> => {
      const whole = HAND_ORDER.parse({ action: "BUY", quantity: 1, ...order });
      const response = placeByHand(gateway.desk, whole);
      assert.equal(response.status, 400);
      return await response.text();
    };
    assert.match(await refused({ conId: 999 }), /Nothing that can be ordered is called 999/);
    assert.match(await refused({ conId: SPX.conId }), /Nothing that can be ordered/);
    const wrong = { conId: EA_CALL.conId, limitPrice: 1.001 };
    assert.match(await refused(wrong), /minimum price variation/);
  });
});

Deno.test("an index cannot be ordered, nor what is not listed", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    await client.send(...placeOrder(1, { conId: SPX.conId }));
    assert.match((await client.nextError(1))[1], /SPX is an index/);
    await client.send(...placeOrder(2, { conId: 999 }));
    assert.equal((await client.nextError(2))[0], 200);
  });
});

Deno.test("a combination of one contract is refused, and one of a leg that is not listed", async () => {
  await withGateway({}, async ({ connect }) => {
    const client = await connect();
    const combine = async (orderId: number, ...conIds: readonly number[]): Promise<string> => {
      const fields = placeOrder(orderId);
      const bag = [0, "EA", "BAG", "", "", "", "", "SMART", "", "USD", "", ""];
      const legs = conIds.flatMap((conId) => [conId, 1, "BUY", "SMART", 0, 0, "", -1]);
      const combination = [...legs, 0, 0];
      const order = [...fields.slice(14, 35), conIds.length, ...combination, ...fields.slice(35)];
      await client.send(3, orderId, ...bag, ...order);
      return (await client.nextError(orderId))[1];
    };
    assert.match(await combine(1, EA_CALL.conId), /two legs or more/);
    assert.match(await combine(2, EA_CALL.conId, EA_CALL.conId), /each of another contract/);
    assert.match(await combine(3, EA_CALL.conId, 999), /No security definition .* leg 999/);
    assert.match(await combine(4, EA_CALL.conId, SPX.conId), /leg 200/);
  });
});

const refusals: readonly [string, RegExp, Parameters<typeof placeOrder>[1]][] = [
  ["an action", /action 'HOLD'; allowed are BUY and SELL/, { action: "HOLD" }],
  ["an order type", /order type 'TRAIL'; offered are LMT/, { type: "TRAIL" }],
  ["a time in force", /time in force 'GTD'; offered are DAY/, { tif: "GTD" }],
  ["an account", /Invalid account code 'DU9'/, { account: "DU9" }],
];
for (const [what, text, given] of refusals) {
  Deno.test(`${what} that there is not is refused by name with 321`, async () => {
    await withGateway({}, async ({ connect }) => {
      const client = await connect();
      await client.send(...placeOrder(1, given));
      const [code, told] = await client.nextError(1);
      assert.equal(code, 321);
      assert.match(told, text);
    });
  });
}

Deno.test("executions are asked for by client, side and time", async () => {
  const clock = manualClock(MORNING_MS);
  await withGateway({ clock }, async ({ connect }) => {
    const client = await connect({ clientId: 3 });
    await client.send(...placeOrder(1, { type: "MKT", limit: "" }));
    await heard(client);
    clock.advance(HOUR_MS);
    await client.send(...placeOrder(2, { type: "MKT", limit: "", action: "SELL" }));
    await heard(client);
    const asked = async (...filter: readonly (string | number)[]): Promise<readonly string[]> => {
      await client.send(7, 3, 9, ...filter);
      const found = await client.until((it) => it[0] === "55");
      return found.filter((it) => it[0] === "11").map((it) => it[2] ?? "");
    };
    assert.deepEqual(await asked(0, "", "", "", "", "", ""), ["1", "2"]);
    assert.deepEqual(await asked(3, "", "", "EA", "OPT", "SMART", "SELL"), ["2"]);
    assert.deepEqual(await asked(4, "", "", "", "", "", ""), []);
    assert.deepEqual(await asked(0, "", "20260715-14:30:00", "", "", "", ""), ["2"]);
    await client.send(7, 3, 9, 0, "", "yesterday", "", "", "", "");
    assert.match((await client.nextError(9))[1], /time 'yesterday'/);
  });
});

for (
  const [versions, cancel] of [["v157..178", [1, 18, ""]], ["v100..193", [18, "", "", ""]]] as const
) {
  Deno.test(`a read-only gateway refuses all that has to do with orders, ${versions}`, async () => {
    await withGateway({ readOnly: true }, async ({ connect }) => {
      const client = await connect({ versions });
      await heard(client);
      await client.send(3, 17, ...byConId(EA.conId), "", "", "BUY", 1, "MKT");
      assert.match(
        (await client.nextError(17))[1],
        /cause - The API interface is currently in Read-Only mode\.$/,
      );
      await client.send(4, ...cancel);
      assert.equal((await client.nextError(18))[0], 321);
      for (const id of [5, 15, 16, 58, 99]) {
        await client.send(id, 1);
        assert.equal((await client.nextError(-1))[0], 321);
      }
      await client.send(7, 3, 44, 0, "", "", "", "", "", "");
      assert.deepEqual(await client.next((it) => it[0] === "55"), ["55", "1", "44"]);
    });
  });
}
