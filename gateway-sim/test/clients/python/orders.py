"""What the Python scripts that place orders share; `../orders_test.ts` has the market they trade in.

The market shows the first of four looks at two calls on EA. `Market.show()` shows the next:
    look  call 210: bid x size, ask x size, last   call 215
    0     1.00 x 10, 1.10 x 20, 1.05               0.40 x 50, 0.50 x 50, 0.45
    1     1.00 x 10, 1.10 x 30, 1.05               the same
    2     1.20 x 10, 1.25 x 20, 1.20               the same
    3     1.20 x 12, 1.25 x 22, 1.20               the same
"""

import argparse
import json
import urllib.request

from run import check

READ_ONLY = "The API interface is currently in Read-Only mode."


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control-port", type=int, required=True)
    parser.add_argument("--client-id", type=int, required=True)
    parser.add_argument("--read-only", action="store_true")
    return parser.parse_args()


class Market:
    """The gateway's control API."""

    def __init__(self, control_port):
        self.url = f"http://127.0.0.1:{control_port}"

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode())
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def show(self):
        """Shows the next look."""
        check(self.post("/replay/step", {})["moved"], "there is no further look")

    def type_order(self, **order):
        """Places an order as if it were typed into TWS, and returns its permanent ID."""
        return self.post("/orders", order)["permId"]


def near(value, expected, what):
    check(abs(float(value) - expected) < 1e-9, f"{what} is {value}, not {expected}")
