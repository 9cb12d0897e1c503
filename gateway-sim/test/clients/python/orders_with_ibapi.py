"""Paper orders with IB's own Python client: callbacks and a thread."""

import threading
import time
from collections import defaultdict
from decimal import Decimal

from ibapi.client import EClient
from ibapi.contract import ComboLeg, Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.order_cancel import OrderCancel
from ibapi.wrapper import EWrapper

import orders as o
import run as r


class Client(EWrapper, EClient):
    """Collects what is told about orders."""

    def __init__(self):
        EClient.__init__(self, self)
        self.changed = threading.Condition()
        self.next_id = None
        self.contracts = []
        self.ended = set()
        self.errors = defaultdict(list)
        self.opened = {}
        self.statuses = defaultdict(list)
        self.executions = []
        self.commissions = {}
        self.completed = []
        self.held = {}
        self.bound = {}

    def wait_until(self, holds, what):
        with self.changed:
            r.check(self.changed.wait_for(holds, r.PATIENCE), f"no {what} in {r.PATIENCE} s")

    def wait_end(self, key, request, *args):
        self.ended.discard(key)
        request(*args)
        self.wait_until(lambda: key in self.ended, f"the end of {key}")

    def log(self, change):
        with self.changed:
            change()
            self.changed.notify_all()

    # What arrives

    def error(self, reqId, errorTime, errorCode, errorString, advancedOrderRejectJson=""):
        r.check(advancedOrderRejectJson == "", f"rejected in JSON: {advancedOrderRejectJson!r}")
        if errorCode not in r.NOTICES:
            self.log(lambda: self.errors[reqId].append((errorCode, errorString)))

    def nextValidId(self, orderId):
        self.log(lambda: setattr(self, "next_id", orderId))

    def contractDetails(self, reqId, contractDetails):
        self.log(lambda: self.contracts.append(contractDetails.contract))

    def contractDetailsEnd(self, reqId):
        self.log(lambda: self.ended.add(reqId))

    def openOrder(self, orderId, contract, order, orderState):
        self.log(lambda: self.opened.update({(order.clientId, orderId): (contract, order, orderState)}))

    def openOrderEnd(self):
        self.log(lambda: self.ended.add("open orders"))

    def orderStatus(
        self, orderId, status, filled, remaining, avgFillPrice, permId, parentId, lastFillPrice, clientId, whyHeld,
        mktCapPrice,
    ):
        row = (status, float(filled), float(remaining), avgFillPrice, permId)
        self.log(lambda: self.statuses[(clientId, orderId)].append(row))

    def execDetails(self, reqId, contract, execution):
        self.log(lambda: self.executions.append((reqId, contract, execution)))

    def execDetailsEnd(self, reqId):
        self.log(lambda: self.ended.add(reqId))

    def commissionAndFeesReport(self, commissionAndFeesReport):
        report = commissionAndFeesReport
        self.log(lambda: self.commissions.update({report.execId: report}))

    def completedOrder(self, contract, order, orderState):
        self.log(lambda: self.completed.append((contract, order, orderState)))

    def completedOrdersEnd(self):
        self.log(lambda: self.ended.add("completed orders"))

    def position(self, account, contract, position, avgCost):
        self.log(lambda: self.held.update({contract.localSymbol: float(position)}))

    def positionEnd(self):
        self.log(lambda: self.ended.add("positions"))

    def orderBound(self, permId, clientId, orderId):
        self.log(lambda: self.bound.update({permId: (clientId, orderId)}))

    def connectionClosed(self):
        self.log(lambda: self.ended.add("connection"))

    # What is done

    def enter(self, port, client_id):
        """Connects; again while the ID is still of a connection of before, whose end takes ibapi a second."""
        self.client_id = client_id
        end = time.monotonic() + r.PATIENCE
        while self.next_id is None:
            r.check(time.monotonic() < end, f"no order id; {dict(self.errors)}")
            self.ended.discard("connection")
            self.errors.pop(-1, None)
            self.connect("127.0.0.1", port, client_id)
            threading.Thread(target=self.run, daemon=True).start()
            self.wait_until(lambda: self.next_id is not None or "connection" in self.ended, "answer")

    def leave(self):
        self.disconnect()
        self.wait_until(lambda: "connection" in self.ended, "end of the connection")

    def place(self, contract, action, order_type, quantity, **attributes):
        order = Order()
        order.action, order.orderType, order.totalQuantity = action, order_type, Decimal(quantity)
        for name, value in attributes.items():
            setattr(order, name, value)
        order_id = self.next_id
        self.next_id += 1
        self.placeOrder(order_id, contract, order)
        return order_id, order

    def last(self, order_id, client_id=None):
        rows = self.statuses[(self.client_id if client_id is None else client_id, order_id)]
        return rows[-1] if rows else ("", 0, 0, 0, 0)

    def wait_status(self, order_id, status, filled=None):
        def holds():
            row = self.last(order_id)
            return row[0] == status and filled in (None, row[1])
        self.wait_until(holds, f"{status} of order {order_id}; {self.statuses}, {dict(self.errors)}")
        return self.last(order_id)

    def wait_error(self, key, code):
        self.wait_until(lambda: any(each[0] == code for each in self.errors[key]), f"error {code}; {dict(self.errors)}")
        return next(text for each, text in self.errors.pop(key) if each == code)


def main():
    args = o.arguments()
    run = r.Run()
    # Errors are looked at one by one.
    market = o.Market(args.control_port)
    app = Client()

    def connect():
        app.enter(args.port, args.client_id)
        return f"server version {app.serverVersion()}, next order id {app.next_id}"

    def contracts():
        asked = Contract()
        asked.symbol, asked.secType, asked.exchange, asked.currency = "EA", "OPT", "SMART", "USD"
        app.wait_end(900, app.reqContractDetails, 900, asked)
        [low, high] = sorted(app.contracts, key=lambda c: c.strike)
        return f"{low.localSymbol!r}, {high.localSymbol!r}", (low, high)

    def resting(call):
        order_id, _ = app.place(call, "BUY", "LMT", 1, lmtPrice=0.95, orderRef="patient")
        row = app.wait_status(order_id, "Submitted")
        _, order, state = app.opened[(args.client_id, order_id)]
        r.check(order.permId == row[4] > 0 and order.orderRef == "patient", f"{order}")
        r.check(state.status in ("PreSubmitted", "Submitted") and order.lmtPrice == 0.95, f"{order} {state.status}")
        app.cancelOrder(order_id, OrderCancel())
        app.wait_status(order_id, "Cancelled")
        return app.wait_error(order_id, 202)

    def market_order(call):
        order_id, _ = app.place(call, "BUY", "MKT", 5)
        row = app.wait_status(order_id, "Filled")
        o.near(row[3], 1.10, "average price")
        app.wait_until(lambda: app.executions and app.executions[-1][2].execId in app.commissions, "commission")
        _, contract, execution = app.executions[-1]
        r.check(contract.conId == call.conId and execution.orderId == order_id, f"{contract} {execution}")
        r.check((execution.side, float(execution.shares)) == ("BOT", 5), f"{execution}")
        o.near(execution.price, 1.10, "price")
        report = app.commissions[execution.execId]
        r.check(report.commissionAndFees > 0 and report.currency == "USD", f"{report}")
        return f"5 at {execution.price}, {execution.time}, commission {report.commissionAndFees}"

    def positions(call):
        app.wait_end("positions", app.reqPositions)
        r.check(app.held[call.localSymbol] == 5, f"{app.held}")
        return f"{app.held}, subscribed"

    def big(call):
        order_id, _ = app.place(call, "BUY", "LMT", 40, lmtPrice=1.10)
        row = app.wait_status(order_id, "Submitted", 15)
        r.check(row[2] == 25, f"{row}")
        market.show()
        row = app.wait_status(order_id, "Filled", 40)
        app.wait_until(lambda: app.held[call.localSymbol] == 45, "the position without asking again")
        return f"15 at once, 25 with the next quote, average {row[3]}"

    def stops(call):
        stop, _ = app.place(call, "BUY", "STP", 2, auxPrice=1.20)
        stop_limit, _ = app.place(call, "BUY", "STP LMT", 2, auxPrice=1.20, lmtPrice=1.25)
        for order_id in (stop, stop_limit):
            app.wait_status(order_id, "PreSubmitted")
        market.show()
        rows = [app.wait_status(order_id, "Filled", 2) for order_id in (stop, stop_limit)]
        return f"triggered, filled at {rows[0][3]} and {rows[1][3]}"

    def combination(low, high):
        bag = Contract()
        bag.symbol, bag.secType, bag.exchange, bag.currency = "EA", "BAG", "SMART", "USD"
        bag.comboLegs = []
        for call, action in ((low, "BUY"), (high, "SELL")):
            leg = ComboLeg()
            leg.conId, leg.ratio, leg.action, leg.exchange = call.conId, 1, action, "SMART"
            bag.comboLegs.append(leg)
        before = len(app.executions)
        order_id, _ = app.place(bag, "BUY", "LMT", 1, lmtPrice=0.90)
        row = app.wait_status(order_id, "Filled", 1)
        o.near(row[3], 0.85, "average price")
        contract, _, _ = app.opened[(args.client_id, order_id)]
        r.check([leg.conId for leg in contract.comboLegs] == [low.conId, high.conId], f"{contract}")
        app.wait_until(lambda: len(app.executions) >= before + 3, "executions of the combination and its legs")
        kinds = sorted((c.secType, e.side) for _, c, e in app.executions[before:])
        r.check(kinds == [("BAG", "BOT"), ("OPT", "BOT"), ("OPT", "SLD")], f"{kinds}")
        return f"net {row[3]}, executions {kinds}"

    def preview(call):
        order_id, order = app.place(call, "BUY", "LMT", 10, lmtPrice=1.25, whatIf=True)
        app.wait_until(lambda: (args.client_id, order_id) in app.opened, "preview")
        _, order, state = app.opened.pop((args.client_id, order_id))
        r.check(order.whatIf and not app.statuses[(args.client_id, order_id)], "it became an order")
        margins = [float(v) for v in (state.initMarginBefore, state.initMarginChange, state.initMarginAfter)]
        o.near(margins[0] + margins[1], margins[2], "margin after")
        r.check(0 < state.commissionAndFees < 100, f"commission {state.commissionAndFees}")
        return f"margin {margins}, commission {state.commissionAndFees} {state.commissionAndFeesCurrency}"

    def rejections(call):
        poor, _ = app.place(call, "BUY", "LMT", 100_000, lmtPrice=1.25)
        text = app.wait_error(poor, 201)
        app.wait_status(poor, "Inactive")
        app.cancelOrder(poor, OrderCancel())
        app.wait_status(poor, "Cancelled")
        app.errors.pop(poor, None)
        odd, _ = app.place(call, "BUY", "LMT", 1, lmtPrice=0.937)
        wrong_price = app.wait_error(odd, 110)
        refused, _ = app.place(call, "BUY", "LMT", 1, lmtPrice=0.95, ocaGroup="group")
        by_name = app.wait_error(refused, 321)
        r.check("ocaGroup" in by_name, by_name)
        return f"{text} | {wrong_price} | {by_name}"

    def cancel_unknown():
        app.cancelOrder(99_999, OrderCancel())
        return app.wait_error(99_999, 10147)

    def lists():
        app.wait_end("open orders", app.reqOpenOrders)
        app.wait_end("completed orders", app.reqCompletedOrders, False)
        ends = sorted({state.status for _, _, state in app.completed})
        r.check({"Filled", "Cancelled"} <= set(ends), f"{ends}")
        mark = len(app.executions)
        app.wait_end(901, app.reqExecutions, 901, ExecutionFilter())
        asked = [row for row in app.executions[mark:] if row[0] == 901]
        r.check(len({e.execId for _, _, e in asked}) == len(asked) >= 8, f"{len(asked)} executions")
        wanted = ExecutionFilter()
        wanted.side = "SELL"
        app.wait_end(902, app.reqExecutions, 902, wanted)
        sold = [e for key, _, e in app.executions if key == 902]
        r.check(len(sold) == 1 and sold[0].side == "SLD", f"{sold}")
        return f"{len(app.completed)} completed ({', '.join(ends)}), {len(asked)} executions, {len(sold)} sold"

    def other_client(call):
        order_id, _ = app.place(call, "BUY", "LMT", 3, lmtPrice=0.90, tif="GTC")
        app.wait_status(order_id, "Submitted")
        other = Client()
        other.enter(args.port, args.client_id + 1)
        other.wait_end("open orders", other.reqOpenOrders)
        r.check(not other.opened, f"it is not the other client's: {other.opened}")
        other.wait_end("open orders", other.reqAllOpenOrders)
        r.check((args.client_id, order_id) in other.opened, f"{other.opened}")
        other.cancelOrder(order_id, OrderCancel())
        text = other.wait_error(order_id, 10147)
        other.leave()
        return f"seen by the other client, who may not cancel it: {text}", order_id

    def come_back(order_id, call):
        app.leave()
        again = Client()
        again.enter(args.port, args.client_id)
        again.wait_status(order_id, "Submitted")
        r.check(again.next_id > order_id, f"next order id {again.next_id} after {order_id}")
        contract, order, _ = again.opened[(args.client_id, order_id)]
        order.lmtPrice = 0.85
        again.placeOrder(order_id, contract, order)
        price = lambda: again.opened[(args.client_id, order_id)][1].lmtPrice
        again.wait_until(lambda: price() == 0.85, f"the new price; {dict(again.errors)}")
        again.cancelOrder(order_id, OrderCancel())
        again.wait_status(order_id, "Cancelled")
        again.errors.pop(order_id)
        r.check(not any(again.errors.values()), f"{dict(again.errors)}")
        again.leave()
        return "the order was there, took another price, and was cancelled"

    def by_hand(call):
        zero = Client()
        zero.enter(args.port, 0)
        zero.reqAutoOpenOrders(True)
        # Once it is answered, what was asked before is done.
        zero.wait_end("open orders", zero.reqOpenOrders)
        perm_id = market.type_order(localSymbol=call.localSymbol, action="BUY", quantity=2, limitPrice=0.9)
        zero.wait_until(lambda: perm_id in zero.bound, "binding")
        client_id, order_id = zero.bound[perm_id]
        r.check(client_id == 0 and order_id < 0, f"{zero.bound}")
        zero.wait_status(order_id, "Submitted")
        zero.cancelOrder(order_id, OrderCancel())
        zero.wait_status(order_id, "Cancelled")
        zero.leave()
        return f"bound to client 0 under ID {order_id}, and cancelled by it"

    def read_only(call):
        order_id, _ = app.place(call, "BUY", "LMT", 1, lmtPrice=0.95)
        texts = {app.wait_error(order_id, 321)}
        app.cancelOrder(order_id, OrderCancel())
        texts.add(app.wait_error(order_id, 321))
        for request in (app.reqOpenOrders, app.reqAllOpenOrders, lambda: app.reqCompletedOrders(False)):
            request()
            texts.add(app.wait_error(-1, 321))
        app.reqGlobalCancel(OrderCancel())
        texts.add(app.wait_error(-1, 321))
        r.check(all(o.READ_ONLY in text for text in texts), f"{texts}")
        return texts.pop()

    def errors():
        left = {key: rows for key, rows in app.errors.items() if rows}
        r.check(not left, f"{left}")
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
        run.step("the same client again", come_back, order_id, low)
        run.step("order made by hand", by_hand, low)
    run.step("errors", errors)
    run.finish()


main()
