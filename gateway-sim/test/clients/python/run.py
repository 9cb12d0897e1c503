"""What the Python scripts share: arguments, steps, what a quote must have, and a log that stays quiet.

A script prints one JSON object a line on standard output: {"step", "got"} for each step that
succeeded, {"step", "failed"} for the one that did not (the script then ends), and
{"quotes": {OCC symbol: {field: value}}} for what was streamed.
"""

import argparse
import json
import logging
import os
import re
import threading
import traceback
from datetime import datetime, timedelta, timezone

# "Connection is OK" of the market data, historical data and security definition farms.
NOTICES = {2104, 2106, 2158}
# Seconds for any one answer; a snapshot alone takes about eleven.
PATIENCE = 30
STREAMED = 20
QUOTE_FIELDS = ("bid", "ask", "last", "volume", "open_interest", "implied_vol", "delta")
GENERICS_OF_UNDERLYING = "100,101,104,106"
GENERICS_OF_OPTION = "101"
BARS = ("TRADES", "MIDPOINT", "BID_ASK")
SUMMARY_TAGS = "NetLiquidation,TotalCashValue,BuyingPower"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client-id", type=int, required=True)
    parser.add_argument("--symbol", required=True)
    parser.add_argument("--sec-type", required=True)
    parser.add_argument("--exchange", required=True)
    parser.add_argument("--trading-class", required=True)
    parser.add_argument("--days", type=int, required=True, help="least days to the expiry")
    parser.add_argument("--duration", required=True, help="of the bars, as IB writes it")
    parser.add_argument("--bar-size", required=True)
    parser.add_argument("--closed", action="store_true", help="the market is closed")
    parser.add_argument("--generics", action="store_true", help="the market knows volatilities")
    return parser.parse_args()


class QuietLog(logging.Handler):
    """Keeps every warning, error and unexpected notice that the client library logs."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.noise = []

    def emit(self, record):
        text = record.getMessage()
        # ib_insync and ib_async log IB's notices as "Warning <code>, reqId …" at level INFO.
        if record.levelno < logging.WARNING and not text.startswith("Warning"):
            return
        if set(map(int, re.findall(r"\b2\d{3}\b", text))) & NOTICES and "reqId -1" in text:
            return
        self.noise.append(f"{record.levelname} {record.name}: {text}")
        if record.exc_info:
            self.noise.append("".join(traceback.format_exception(*record.exc_info)))


class Run:
    def __init__(self):
        self.log = QuietLog()
        root = logging.getLogger()
        root.setLevel(logging.DEBUG)
        root.addHandler(self.log)
        threading.excepthook = lambda hook: self.log.noise.append(f"thread died: {hook.exc_value!r}")

    def step(self, name, action, *args):
        """Runs one step; `action` returns what it got: a text, or a text and a value to hand on."""
        try:
            got = action(*args)
        except Exception as error:
            say({"step": name, "failed": f"{type(error).__name__}: {error}", "log": self.log.noise})
            # At once: a library's reader thread may still wait for the socket.
            os._exit(1)
        text, value = got if isinstance(got, tuple) else (got, None)
        say({"step": name, "got": text})
        return value

    def finish(self):
        self.step("log", self.quiet)
        os._exit(0)

    def quiet(self):
        check(not self.log.noise, "the client logged: " + " | ".join(self.log.noise))
        return "not one error or warning"


def say(line):
    print(json.dumps(line), flush=True)


def check(holds, otherwise):
    if not holds:
        raise AssertionError(otherwise)


def pick_expiry(now, expiries, days):
    """The first expiry at least so many days after the gateway's time."""
    least = (datetime.fromtimestamp(now, timezone.utc) + timedelta(days=days)).strftime("%Y%m%d")
    later = sorted(expiry for expiry in expiries if expiry >= least)
    check(later, f"no expiry from {least} on among {sorted(expiries)}")
    return later[0]


def check_details(rows, expiry, strikes):
    """The details of one expiry: every contract once, and as the option parameters said."""
    check(len(rows) >= STREAMED + 4, f"only {len(rows)} contracts")
    contracts = [row.contract for row in rows]
    check(len({c.conId for c in contracts}) == len(rows), "a conId occurs twice")
    check(len({c.localSymbol for c in contracts}) == len(rows), "a localSymbol occurs twice")
    for row, c in zip(rows, contracts):
        check(c.conId > 0 and c.secType == "OPT" and c.currency == "USD", f"{c}")
        check(c.lastTradeDateOrContractMonth == expiry, f"{c} is not of {expiry}")
        check(c.strike in strikes, f"{c.strike} is no strike of the option parameters")
        check(c.right in ("C", "P") and c.multiplier == "100", f"{c}")
        check(re.fullmatch(r"[A-Z0-9]{1,6} *\d{6}[CP]\d{8}", c.localSymbol), f"{c.localSymbol!r}")
        check(row.minTick > 0 and row.underConId > 0 and row.timeZoneId, f"{row}")
    return contracts


def nearest(contracts, spot):
    """The contracts nearest to the money, calls and puts: those to stream, and four more."""
    ranked = sorted(contracts, key=lambda c: (abs(c.strike - spot), c.strike, c.right))
    return ranked[:STREAMED], ranked[STREAMED : STREAMED + 4]


def occ(contract):
    return contract.localSymbol.replace(" ", "")


def check_bars(bars, what):
    """Prices that fit one another; each bar as (open, high, low, close, volume)."""
    check(bars, f"no {what} bars")
    for bar in bars:
        open_, high, low, close, _volume = bar
        inside = high >= max(open_, close) and low <= min(open_, close)
        check(low > 0 and inside, f"a {what} bar does not fit: {bar}")
    return f"{len(bars)} bars, last close {bars[-1][3]}"


def kinds(args):
    """What follows on asking for each market data type: (asked, expected kind, wanted fields).

    An open market has nothing frozen; a closed one shows bid and ask only as frozen.
    """
    if args.closed:
        return [(1, 1, {"last"}), (2, 2, {"bid", "ask"}), (3, 3, {"last"}), (4, 4, {"bid", "ask"})]
    return [(asked, expected, {"bid", "ask"}) for asked, expected in ((1, 1), (2, 1), (3, 3), (4, 3))]
