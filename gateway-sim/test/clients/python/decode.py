"""Decodes messages with IB's own decoder, and prints what its wrapper is told.

Reads one JSON object a line from standard input, {"version", "message"}, and prints one a line:
{"callback", "args", "left"}, where `left` is the number of fields that nobody read.
"""

import json
import sys
from decimal import Decimal
from enum import Enum

from ibapi.comm import read_fields
from ibapi.decoder import Decoder
from ibapi.wrapper import EWrapper


class Told(EWrapper):
    """Keeps the one call that a message leads to."""

    def __init__(self):
        super().__init__()
        self.callback, self.args = None, None

    def __getattribute__(self, name):
        own = super().__getattribute__
        if name.startswith("_") or name in ("callback", "args", "tell"):
            return own(name)
        return lambda *args: own("tell")(name, args)

    def tell(self, name, args):
        self.callback, self.args = name, args


def plain(value):
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Enum):
        return value.name
    return {name: plain(each) for name, each in vars(value).items()}


for line in sys.stdin:
    asked = json.loads(line)
    told = Told()
    decoder = Decoder(told, asked["version"])
    message = asked["message"].encode()
    kind, _, body = message.partition(b"\0")
    fields = read_fields(body)
    handler = Decoder.msgId2handleInfo[int(kind)]
    rest = iter(fields)
    if handler.processMeth is None:
        decoder.interpret(fields, int(kind))
        rest = iter(())
    else:
        handler.processMeth(decoder, rest)
    line = {"callback": told.callback, "args": plain(told.args), "left": len(list(rest))}
    print(json.dumps(line), flush=True)
