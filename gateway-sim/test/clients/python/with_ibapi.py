"""IB's own Python client (ibapi-latest, ibapi-stable), as IB's samples use it: callbacks and a thread."""

import threading
import time
from collections import defaultdict

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.wrapper import EWrapper

import run as r

# Tick types, live and delayed.
PRICES = {1: "bid", 2: "ask", 4: "last", 66: "bid", 67: "ask", 68: "last", 9: "close", 75: "close"}
SIZES = {8: "volume", 74: "volume"}
MODEL = (13, 83)


class Client(EWrapper, EClient):
    """Collects what arrives by request ID; `wait` returns it once its end has come."""

    def __init__(self):
        EClient.__init__(self, self)
        self.changed = threading.Condition()
        self.rows = defaultdict(list)
        self.ended = set()
        self.ticks = defaultdict(dict)
        self.kinds = {}
        self.notices = []
        self.last_id = 1000

    # What is asked

    def ask(self, request, *args):
        """Sends a request that begins with a request ID, and returns that ID."""
        self.last_id += 1
        # ibapi does not pace itself; TWS disconnects above 50 messages a second.
        time.sleep(1 / 40)
        request(self.last_id, *args)
        return self.last_id

    def wait(self, key):
        self.wait_until(lambda: key in self.ended, f"the end of {key}")
        return self.rows[key]

    def wait_until(self, holds, what):
        with self.changed:
            r.check(self.changed.wait_for(holds, r.PATIENCE), f"no {what} in {r.PATIENCE} s")

    # What arrives

    def note(self, key, *row):
        with self.changed:
            self.rows[key].append(row[0] if len(row) == 1 else row)
            self.changed.notify_all()

    def end(self, key):
        with self.changed:
            self.ended.add(key)
            self.changed.notify_all()

    def tick(self, key, field, value):
        with self.changed:
            self.ticks[key][field] = value
            self.changed.notify_all()

    def error(self, reqId, errorTime, errorCode, errorString, advancedOrderRejectJson=""):
        if reqId == -1 and errorCode in r.NOTICES:
            self.notices.append(errorCode)
        else:
            EWrapper.error(self, reqId, errorTime, errorCode, errorString, advancedOrderRejectJson)

    def nextValidId(self, orderId):
        self.note("order id", orderId)
        self.end("order id")

    def managedAccounts(self, accountsList):
        self.note("accounts", accountsList)
        self.end("accounts")

    def currentTime(self, time):
        self.note("time", time)
        self.end("time")

    def contractDetails(self, reqId, contractDetails):
        self.note(reqId, contractDetails)

    def contractDetailsEnd(self, reqId):
        self.end(reqId)

    def securityDefinitionOptionParameter(
        self, reqId, exchange, underlyingConId, tradingClass, multiplier, expirations, strikes
    ):
        self.note(reqId, exchange, underlyingConId, tradingClass, multiplier, expirations, strikes)

    def securityDefinitionOptionParameterEnd(self, reqId):
        self.end(reqId)

    def marketDataType(self, reqId, marketDataType):
        with self.changed:
            self.kinds[reqId] = marketDataType
            self.changed.notify_all()

    def tickPrice(self, reqId, tickType, price, attrib):
        if tickType in PRICES and price > 0:
            self.tick(reqId, PRICES[tickType], price)

    def tickSize(self, reqId, tickType, size):
        if tickType in SIZES:
            self.tick(reqId, SIZES[tickType], float(size))
        # Calls' and puts': an option has the one, the other is 0.
        elif tickType in (27, 28) and size > 0:
            self.tick(reqId, "open_interest", float(size))
        elif tickType in (29, 30):
            self.tick(reqId, "option_volume", float(size))

    def tickGeneric(self, reqId, tickType, value):
        if tickType in (23, 24):
            self.tick(reqId, {23: "historical_vol", 24: "implied_vol"}[tickType], value)

    def tickOptionComputation(
        self, reqId, tickType, tickAttrib, impliedVol, delta, optPrice, pvDividend, gamma, vega, theta, undPrice
    ):
        if tickType in MODEL and impliedVol is not None and delta is not None:
            self.tick(reqId, "implied_vol", impliedVol)
            self.tick(reqId, "delta", delta)

    def tickSnapshotEnd(self, reqId):
        self.end(reqId)

    def historicalData(self, reqId, bar):
        self.note(reqId, bar.open, bar.high, bar.low, bar.close, float(bar.volume))

    def historicalDataEnd(self, reqId, start, end):
        self.end(reqId)

    def accountSummary(self, reqId, account, tag, value, currency):
        self.note(reqId, account, tag, value)

    def accountSummaryEnd(self, reqId):
        self.end(reqId)

    def updateAccountValue(self, key, val, currency, accountName):
        self.note("account", key, val)

    def accountDownloadEnd(self, accountName):
        self.end("account")

    def accountUpdateMulti(self, reqId, account, modelCode, key, value, currency):
        self.note(reqId, key, value)

    def accountUpdateMultiEnd(self, reqId):
        self.end(reqId)

    def position(self, account, contract, position, avgCost):
        self.note("positions", account, contract.localSymbol, float(position))

    def positionEnd(self):
        self.end("positions")

    def openOrderEnd(self):
        self.end("open orders")

    def completedOrdersEnd(self):
        self.end("completed orders")

    def execDetailsEnd(self, reqId):
        self.end(reqId)

    def connectionClosed(self):
        self.end("connection")


def main():
    args = r.arguments()
    run = r.Run()
    app = Client()

    def connect():
        app.connect("127.0.0.1", args.port, args.client_id)
        threading.Thread(target=app.run, daemon=True).start()
        app.wait("order id")
        account = app.wait("accounts")[0].split(",")[0]
        app.wait_until(lambda: set(app.notices) == r.NOTICES, f"notices {r.NOTICES}")
        if args.closed:
            app.reqMarketDataType(2)
        return f"server version {app.serverVersion()}, account {account}", account

    def current_time():
        app.reqCurrentTime()
        now = app.wait("time")[0]
        return str(now), now

    def underlying():
        asked = Contract()
        asked.symbol, asked.secType = args.symbol, args.sec_type
        asked.exchange, asked.currency = args.exchange, "USD"
        [details] = app.wait(app.ask(app.reqContractDetails, asked))
        r.check(details.contract.conId > 0 and details.longName, f"{details}")
        return f"conId {details.contract.conId}, {details.longName}", details.contract

    def parameters(under):
        request = app.reqSecDefOptParams
        rows = app.wait(app.ask(request, args.symbol, "", args.sec_type, under.conId))
        ours = [row for row in rows if row[0] == "SMART" and row[2] == args.trading_class]
        [(_, con_id, _, multiplier, expiries, strikes)] = ours
        r.check(con_id == under.conId and multiplier == "100", f"{ours}")
        text = f"{len(rows)} rows; {args.trading_class}: {len(expiries)} expiries, {len(strikes)} strikes"
        return text, (expiries, strikes)

    def details(expiry, strikes):
        asked = Contract()
        asked.symbol, asked.secType, asked.exchange, asked.currency = args.symbol, "OPT", "SMART", "USD"
        asked.tradingClass, asked.lastTradeDateOrContractMonth = args.trading_class, expiry
        rows = app.wait(app.ask(app.reqContractDetails, asked))
        contracts = r.check_details(rows, expiry, strikes)
        return f"{len(contracts)} contracts of {expiry}, such as {contracts[0].localSymbol!r}", contracts

    def stream_underlying(under):
        key = app.ask(app.reqMktData, under, r.GENERICS_OF_UNDERLYING, False, False, [])
        ticks = app.ticks[key]
        wanted = {"historical_vol", "implied_vol"} if args.generics else set()
        app.wait_until(lambda: {"last", *wanted} <= ticks.keys(), "price of the underlying")
        app.cancelMktData(key)
        return str(dict(ticks)), ticks["last"]

    def stream(contracts):
        keys = {app.ask(app.reqMktData, c, r.GENERICS_OF_OPTION, False, False, []): c for c in contracts}
        whole = lambda: all(set(r.QUOTE_FIELDS) <= app.ticks[key].keys() for key in keys)
        try:
            app.wait_until(whole, "whole quotes")
        finally:
            r.say({"quotes": {r.occ(c): app.ticks[key] for key, c in keys.items()}})
            for key in keys:
                time.sleep(1 / 40)
                app.cancelMktData(key)
        return f"{len(keys)} options, each with {', '.join(r.QUOTE_FIELDS)}"

    def snapshot(contract):
        key = app.ask(app.reqMktData, contract, "", True, False, [])
        app.wait(key)
        r.check({"bid", "ask"} <= app.ticks[key].keys(), f"only {app.ticks[key]}")
        return f"{contract.localSymbol}: {app.ticks[key]}"

    def bars(contract, what):
        asked = (contract, "", args.duration, args.bar_size, what, 1, 1, False, [])
        return r.check_bars(app.wait(app.ask(app.reqHistoricalData, *asked)), what)

    def account_summary():
        key = app.ask(app.reqAccountSummary, "All", r.SUMMARY_TAGS)
        rows = app.wait(key)
        app.cancelAccountSummary(key)
        r.check({tag for _, tag, _ in rows} >= set(r.SUMMARY_TAGS.split(",")), f"only {rows}")
        return str(rows)

    def account_updates(account):
        app.reqAccountUpdates(True, account)
        rows = app.wait("account")
        app.reqAccountUpdates(False, account)
        multi = app.wait(app.ask(app.reqAccountUpdatesMulti, account, "", False))
        r.check(rows and multi, f"{len(rows)} values, {len(multi)} by the multi request")
        return f"{len(rows)} values; {len(multi)} by the multi request"

    def positions():
        app.reqPositions()
        rows = app.wait("positions")
        app.cancelPositions()
        return f"{len(rows)} positions"

    def orders():
        for request in (app.reqOpenOrders, app.reqAllOpenOrders):
            app.ended.discard("open orders")
            request()
            app.wait("open orders")
        app.reqCompletedOrders(False)
        app.wait("completed orders")
        return "open, all open and completed orders came to their ends"

    def executions():
        return f"{len(app.wait(app.ask(app.reqExecutions, ExecutionFilter())))} executions"

    def market_data_type(contract, asked, expected, wanted):
        app.reqMarketDataType(asked)
        key = app.ask(app.reqMktData, contract, "", False, False, [])
        app.wait_until(lambda: key in app.kinds and wanted <= app.ticks[key].keys(), f"{wanted}")
        app.cancelMktData(key)
        r.check(app.kinds[key] == expected, f"asked for {asked}, got {app.kinds[key]}")
        return f"got {app.kinds[key]}: {app.ticks[key]}"

    def disconnect():
        app.disconnect()
        app.wait("connection")
        return "closed"

    account = run.step("connect", connect)
    now = run.step("current time", current_time)
    under = run.step("underlying", underlying)
    expiries, strikes = run.step("option parameters", parameters, under)
    expiry = r.pick_expiry(now, expiries, args.days)
    contracts = run.step("contract details", details, expiry, strikes)
    spot = run.step("stream the underlying", stream_underlying, under)
    chosen, others = r.nearest(contracts, spot)
    run.step("stream options", stream, chosen)
    run.step("snapshot", snapshot, chosen[0])
    for what in r.BARS:
        run.step(f"bars {what}", bars, chosen[0], what)
    run.step("account summary", account_summary)
    run.step("account updates", account_updates, account)
    run.step("positions", positions)
    run.step("orders", orders)
    run.step("executions", executions)
    for asked, expected, wanted in r.kinds(args):
        name = f"market data type {asked}"
        run.step(name, market_data_type, others[asked - 1], asked, expected, wanted)
    run.step("disconnect", disconnect)
    run.finish()


main()
