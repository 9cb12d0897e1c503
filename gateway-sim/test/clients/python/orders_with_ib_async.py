"""Paper orders with ib_async, or its predecessor ib_insync: trades whose state follows the gateway's messages."""

import asyncio
import importlib
import sys
import time

import orders as o
import run as r

# eventkit, below both, asks for the current event loop when it is imported.
asyncio.set_event_loop(asyncio.new_event_loop())
LIBRARY = sys.argv.pop(1)
lib = importlib.import_module(LIBRARY)

# How the library logs what the steps look at one by one.
EXPECTED = (f"ERROR {LIBRARY}.wrapper: Error", f"WARNING {LIBRARY}.wrapper", f"INFO {LIBRARY}.wrapper: Warning")


class Client:
    """A connection and the errors that came over it, by order ID."""

    def __init__(self):
        self.ib = lib.IB()
        self.ib.RequestTimeout = r.PATIENCE
        self.errors = []
        self.ib.errorEvent += self.note

    def note(self, req_id, code, text, _contract):
        if code not in r.NOTICES:
            self.errors.append((req_id, code, text))

    def wait_until(self, holds, what):
        end = time.monotonic() + r.PATIENCE
        while not holds():
            r.check(time.monotonic() < end, f"no {what} in {r.PATIENCE} s")
            self.ib.sleep(0.02)

    def wait_status(self, trade, status, filled=None):
        def holds():
            return trade.orderStatus.status == status and filled in (None, trade.orderStatus.filled)
        end = time.monotonic() + r.PATIENCE
        while not holds():
            r.check(time.monotonic() < end, f"not {status}: {trade}, {self.errors}")
            self.ib.sleep(0.02)
        return trade.orderStatus

    def wait_error(self, req_id, code):
        find = lambda: next((row for row in self.errors if row[:2] == (req_id, code)), None)
        self.wait_until(find, f"error {code} of {req_id}; {self.errors}")
        row = find()
        self.errors.remove(row)
        return row[2]


def main():
    args = o.arguments()
    run = r.Run()
    market = o.Market(args.control_port)
    client = Client()
    ib = client.ib

    def enter(who, client_id):
        who.ib.connect("127.0.0.1", args.port, client_id, timeout=r.PATIENCE, readonly=args.read_only)

    def connect():
        enter(client, args.client_id)
        return f"server version {ib.client.serverVersion()}"

    def contracts():
        rows = ib.reqContractDetails(lib.Contract(symbol="EA", secType="OPT", exchange="SMART", currency="USD"))
        [low, high] = sorted((row.contract for row in rows), key=lambda c: c.strike)
        return f"{low.localSymbol!r}, {high.localSymbol!r}", (low, high)

    def resting(call):
        trade = ib.placeOrder(call, lib.LimitOrder("BUY", 1, 0.95, orderRef="patient"))
        client.wait_status(trade, "Submitted")
        r.check(trade.order.permId > 0 and trade in ib.openTrades(), f"{trade}")
        ib.cancelOrder(trade.order)
        client.wait_status(trade, "Cancelled")
        return client.wait_error(trade.order.orderId, 202)

    def market_order(call):
        trade = ib.placeOrder(call, lib.MarketOrder("BUY", 5))
        status = client.wait_status(trade, "Filled", 5)
        o.near(status.avgFillPrice, 1.10, "average price")
        client.wait_until(lambda: trade.fills and trade.fills[-1].commissionReport.execId, "commission")
        [fill] = trade.fills
        r.check((fill.execution.side, fill.execution.shares) == ("BOT", 5), f"{fill}")
        r.check(fill.commissionReport.commission > 0, f"{fill}")
        return f"5 at {fill.execution.price}, {fill.execution.time}, {fill.commissionReport.commission}"

    def positions(call):
        held = {p.contract.conId: p.position for p in ib.reqPositions()}
        r.check(held[call.conId] == 5, f"{held}")
        return f"{held}, subscribed"

    def held(call):
        return sum(p.position for p in ib.positions() if p.contract.conId == call.conId)

    def cash():
        return next(float(v.value) for v in ib.accountValues() if (v.tag, v.currency) == ("TotalCashValue", "USD"))

    def big(call):
        before = cash()
        trade = ib.placeOrder(call, lib.LimitOrder("BUY", 40, 1.10))
        status = client.wait_status(trade, "Submitted", 15)
        r.check(status.remaining == 25, f"{status}")
        market.show()
        client.wait_status(trade, "Filled", 40)
        client.wait_until(lambda: held(call) == 45, "the position without asking again")
        client.wait_until(lambda: before - cash() > 40 * 110, "the cash of the account without asking again")
        return f"15 at once, 25 with the next quote; {len(trade.fills)} fills, {before - cash():.2f} paid"

    def stops(call):
        trades = [
            ib.placeOrder(call, lib.StopOrder("BUY", 2, 1.20)),
            ib.placeOrder(call, lib.StopLimitOrder("BUY", 2, 1.25, 1.20)),
        ]
        for trade in trades:
            client.wait_status(trade, "PreSubmitted")
        market.show()
        prices = [client.wait_status(trade, "Filled", 2).avgFillPrice for trade in trades]
        return f"triggered, filled at {prices}"

    def combination(low, high):
        legs = [
            lib.ComboLeg(conId=call.conId, ratio=1, action=action, exchange="SMART")
            for call, action in ((low, "BUY"), (high, "SELL"))
        ]
        bag = lib.Contract(symbol="EA", secType="BAG", exchange="SMART", currency="USD", comboLegs=legs)
        trade = ib.placeOrder(bag, lib.LimitOrder("BUY", 1, 0.90))
        status = client.wait_status(trade, "Filled", 1)
        o.near(status.avgFillPrice, 0.85, "average price")
        client.wait_until(lambda: len(trade.fills) >= 3, "fills of the combination and its legs")
        kinds = sorted((fill.contract.secType, fill.execution.side) for fill in trade.fills)
        r.check(kinds == [("BAG", "BOT"), ("OPT", "BOT"), ("OPT", "SLD")], f"{kinds}")
        return f"net {status.avgFillPrice}, fills {kinds}"

    def preview(call):
        before = len(ib.trades())
        state = ib.whatIfOrder(call, lib.LimitOrder("BUY", 10, 1.25))
        r.check(len(ib.trades()) == before, "it became an order")
        margins = [float(v) for v in (state.initMarginBefore, state.initMarginChange, state.initMarginAfter)]
        o.near(margins[0] + margins[1], margins[2], "margin after")
        r.check(0 < state.commission < 100, f"commission {state.commission}")
        return f"margin {margins}, commission {state.commission} {state.commissionCurrency}"

    def rejections(call):
        poor = ib.placeOrder(call, lib.LimitOrder("BUY", 100_000, 1.25))
        text = client.wait_error(poor.order.orderId, 201)
        client.wait_until(lambda: poor.orderStatus.status in ("Inactive", "Cancelled"), "end of the order")
        odd = ib.placeOrder(call, lib.LimitOrder("BUY", 1, 0.937))
        wrong_price = client.wait_error(odd.order.orderId, 110)
        refused = ib.placeOrder(call, lib.LimitOrder("BUY", 1, 0.95, ocaGroup="group"))
        by_name = client.wait_error(refused.order.orderId, 321)
        r.check("ocaGroup" in by_name, by_name)
        return f"{text} | {wrong_price} | {by_name}"

    def cancel_unknown():
        # ib_async itself knows no such order, and passes the wish on.
        ib.client.cancelOrder(99_999, "")
        return client.wait_error(99_999, 10147)

    def lists():
        completed = ib.reqCompletedOrders(False)
        ends = sorted({trade.orderStatus.status for trade in completed})
        r.check({"Filled", "Cancelled"} <= set(ends), f"{ends}")
        fills = ib.reqExecutions()
        r.check(len({fill.execution.execId for fill in fills}) == len(fills) >= 8, f"{len(fills)}")
        sold = ib.reqExecutions(lib.ExecutionFilter(side="SELL"))
        r.check([fill.execution.side for fill in sold] == ["SLD"], f"{sold}")
        return f"{len(completed)} completed ({', '.join(ends)}), {len(fills)} executions, {len(sold)} sold"

    def other_client(call):
        trade = ib.placeOrder(call, lib.LimitOrder("BUY", 3, 0.90, tif="GTC"))
        client.wait_status(trade, "Submitted")
        other = Client()
        enter(other, args.client_id + 1)
        r.check(not other.ib.openTrades(), f"it is not the other client's: {other.ib.openTrades()}")
        [seen] = other.ib.reqAllOpenOrders()
        r.check(seen.order.permId == trade.order.permId, f"{seen}")
        other.ib.client.cancelOrder(trade.order.orderId, "")
        text = other.wait_error(trade.order.orderId, 10147)
        other.ib.disconnect()
        return f"seen by the other client, who may not cancel it: {text}", trade.order.orderId

    def come_back(order_id):
        ib.disconnect()
        again = Client()
        enter(again, args.client_id)
        [trade] = [each for each in again.ib.openTrades() if each.order.orderId == order_id]
        r.check(again.ib.client.getReqId() > order_id, "an order ID that was used before")
        trade.order.lmtPrice = 0.85
        again.ib.placeOrder(trade.contract, trade.order)
        again.wait_until(lambda: trade.log[-1].message == "Modified", f"confirmed change; {again.errors}")
        [seen] = again.ib.reqOpenOrders()
        r.check(seen.order.lmtPrice == 0.85, f"{seen}")
        again.ib.cancelOrder(trade.order)
        again.wait_status(trade, "Cancelled")
        again.wait_error(order_id, 202)
        r.check(not again.errors, f"{again.errors}")
        again.ib.disconnect()
        return "the order was there, took another price, and was cancelled"

    def read_only(call):
        trade = ib.placeOrder(call, lib.LimitOrder("BUY", 1, 0.95))
        texts = {client.wait_error(trade.order.orderId, 321)}
        ib.client.cancelOrder(trade.order.orderId, "")
        texts.add(client.wait_error(trade.order.orderId, 321))
        ib.reqGlobalCancel()
        texts.add(client.wait_error(-1, 321))
        r.check(all(o.READ_ONLY in text for text in texts), f"{texts}")
        return texts.pop()

    def errors():
        r.check(not client.errors, f"{client.errors}")
        unexpected = [line for line in run.log.noise if not line.startswith(EXPECTED)]
        r.check(not unexpected, f"{unexpected}")
        run.log.noise.clear()
        return "none but those that were looked at"

    run.step("connect", connect)
    low, high = run.step("contracts", contracts)
    if args.read_only:
        run.step("read-only", read_only, low)
    else:
        run.step("resting order, cancelled", resting, low)
        run.step("market order", market_order, low)
        run.step("positions", positions, low)
        run.step("big order in parts", big, low)
        run.step("stops", stops, low)
        run.step("combination", combination, low, high)
        run.step("what-if", preview, low)
        run.step("rejections", rejections, low)
        run.step("cancel of an unknown order", cancel_unknown)
        run.step("lists", lists)
        order_id = run.step("another client", other_client, low)
        run.step("the same client again", come_back, order_id)
    run.step("errors", errors)
    run.finish()


main()
