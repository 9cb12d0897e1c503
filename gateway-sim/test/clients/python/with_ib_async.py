"""ib_async, or its predecessor ib_insync: the same interface, asyncio underneath."""

import asyncio
import importlib
import math
import sys
import time

import run as r

# eventkit, below both, asks for the current event loop when it is imported.
asyncio.set_event_loop(asyncio.new_event_loop())
lib = importlib.import_module(sys.argv.pop(1))


def known(value):
    return value is not None and not math.isnan(value)


def fields(ticker):
    """What a ticker has of a quote. Of the open interests an option has its own, the other is 0."""
    interest = max((v for v in (ticker.callOpenInterest, ticker.putOpenInterest) if known(v)), default=None)
    greeks = ticker.modelGreeks
    found = {
        "bid": ticker.bid if ticker.bid > 0 else None,
        "ask": ticker.ask if ticker.ask > 0 else None,
        "last": ticker.last,
        "volume": ticker.volume,
        "open_interest": interest,
        "implied_vol": greeks.impliedVol if greeks else None,
        "delta": greeks.delta if greeks else None,
    }
    return {name: value for name, value in found.items() if known(value)}


def main():
    args = r.arguments()
    run = r.Run()
    ib = lib.IB()
    ib.RaiseRequestErrors = True
    ib.RequestTimeout = r.PATIENCE
    notices = set()
    ib.errorEvent += lambda req_id, code, *_: notices.add(code) if req_id == -1 else None

    def wait_until(holds, what):
        end = time.monotonic() + r.PATIENCE
        while not holds():
            r.check(time.monotonic() < end, f"no {what} in {r.PATIENCE} s")
            ib.sleep(0.02)

    def connect():
        ib.connect("127.0.0.1", args.port, args.client_id, timeout=r.PATIENCE)
        wait_until(lambda: notices >= r.NOTICES, f"notices {r.NOTICES}")
        if args.closed:
            ib.reqMarketDataType(2)
        return f"server version {ib.client.serverVersion()}, accounts {ib.managedAccounts()}"

    def current_time():
        now = ib.reqCurrentTime()
        return str(now), now.timestamp()

    def underlying():
        asked = lib.Contract(symbol=args.symbol, secType=args.sec_type, exchange=args.exchange, currency="USD")
        [details] = ib.reqContractDetails(asked)
        r.check(details.contract.conId > 0 and details.longName, f"{details}")
        return f"conId {details.contract.conId}, {details.longName}", details.contract

    def parameters(under):
        rows = ib.reqSecDefOptParams(args.symbol, "", args.sec_type, under.conId)
        [ours] = [row for row in rows if (row.exchange, row.tradingClass) == ("SMART", args.trading_class)]
        # Both libraries leave the conId a text here.
        r.check(int(ours.underlyingConId) == under.conId and ours.multiplier == "100", f"{ours}")
        expiries, strikes = ours.expirations, ours.strikes
        text = f"{len(rows)} rows; {args.trading_class}: {len(expiries)} expiries, {len(strikes)} strikes"
        return text, (expiries, strikes)

    def details(expiry, strikes):
        asked = lib.Contract(
            symbol=args.symbol, secType="OPT", exchange="SMART", currency="USD",
            tradingClass=args.trading_class, lastTradeDateOrContractMonth=expiry,
        )
        contracts = r.check_details(ib.reqContractDetails(asked), expiry, strikes)
        return f"{len(contracts)} contracts of {expiry}, such as {contracts[0].localSymbol!r}", contracts

    def stream_underlying(under):
        ticker = ib.reqMktData(under, r.GENERICS_OF_UNDERLYING)
        def whole():
            volatilities = known(ticker.histVolatility) and known(ticker.impliedVolatility)
            return known(ticker.last) and (volatilities or not args.generics)
        wait_until(whole, "price of the underlying")
        ib.cancelMktData(under)
        text = f"last {ticker.last}, volatilities {ticker.histVolatility}, {ticker.impliedVolatility}"
        return text, ticker.last

    def stream(contracts):
        tickers = [ib.reqMktData(contract, r.GENERICS_OF_OPTION) for contract in contracts]
        try:
            wait_until(lambda: all(len(fields(t)) == len(r.QUOTE_FIELDS) for t in tickers), "whole quotes")
        finally:
            r.say({"quotes": {r.occ(t.contract): fields(t) for t in tickers}})
            for contract in contracts:
                ib.cancelMktData(contract)
        return f"{len(tickers)} options, each with {', '.join(r.QUOTE_FIELDS)}"

    def snapshot(contract):
        [ticker] = ib.reqTickers(contract)
        r.check({"bid", "ask"} <= fields(ticker).keys(), f"only {fields(ticker)}")
        return f"{contract.localSymbol}: {fields(ticker)}"

    def bars(contract, what):
        found = ib.reqHistoricalData(contract, "", args.duration, args.bar_size, what, True, 1)
        return r.check_bars([(b.open, b.high, b.low, b.close, b.volume) for b in found], what)

    def account_summary():
        tags = {value.tag for value in ib.accountSummary()}
        r.check(tags >= set(r.SUMMARY_TAGS.split(",")), f"only {tags}")
        return f"{len(tags)} tags"

    def account_updates():
        # Both libraries subscribe when they connect, to the updates and to the multi request.
        values = ib.accountValues()
        r.check(values, "no account values")
        return f"{len(values)} values"

    def positions():
        return f"{len(ib.reqPositions())} positions"

    def orders():
        found = len(ib.reqOpenOrders()), len(ib.reqAllOpenOrders()), len(ib.reqCompletedOrders(False))
        return "%d open, %d of all clients, %d completed" % found

    def executions():
        return f"{len(ib.reqExecutions())} executions"

    def market_data_type(contract, asked, expected, wanted):
        ib.reqMarketDataType(asked)
        ticker = ib.reqMktData(contract)
        wait_until(lambda: wanted <= fields(ticker).keys(), f"{wanted}")
        ib.cancelMktData(contract)
        r.check(ticker.marketDataType == expected, f"asked for {asked}, got {ticker.marketDataType}")
        return f"got {ticker.marketDataType}: {fields(ticker)}"

    def disconnect():
        ib.disconnect()
        r.check(not ib.isConnected(), "still connected")
        return "closed"

    run.step("connect", connect)
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
    run.step("account updates", account_updates)
    run.step("positions", positions)
    run.step("orders", orders)
    run.step("executions", executions)
    # Contracts that were not streamed before: a ticker keeps the values of earlier requests.
    for asked, expected, wanted in r.kinds(args):
        name = f"market data type {asked}"
        run.step(name, market_data_type, others[asked - 1], asked, expected, wanted)
    run.step("disconnect", disconnect)
    run.finish()


main()
