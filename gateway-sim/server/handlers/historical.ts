/** reqHistoricalData and its cancellation. Answers come at once, so there is never one to cancel. */
import type { FieldReader } from "../../wire/fields.ts";
import type { BarRequest, Instrument } from "../../market/market.ts";
import {
  type HistoricalDataRequest,
  readCancelHistoricalData,
  readHistoricalDataRequest,
} from "../../wire/requests/historical.ts";
import { historicalData } from "../../wire/responses/historical.ts";
import {
  BAR_SIZES,
  ibTime,
  isDaily,
  parseBarSize,
  parseDuration,
  parseEndDateTime,
  wallClock,
} from "../ib_time.ts";
import { resolveContract, type Session, type Subject, validationText } from "../session.ts";

const HISTORICAL_ERROR = "Historical Market Data Service error message:";
/** Around the clock; an answer must fit into one frame. TWS refuses what is too long with this text. */
const MOST_BARS = 200_000;
const KINDS: readonly BarRequest["what"][] = ["TRADES", "MIDPOINT", "BID_ASK"];

/** Historical bars of one connection. */
export function historical(session: Session): Subject {
  const { market } = session.gateway;

  const request = (reader: FieldReader): void => {
    const request = readHistoricalDataRequest(reader);
    const instrument = resolveContract(session, request.reqId, request.contract);
    if (instrument === undefined) return;
    const asked = barRequest(request, instrument, market.nowMs());
    if (typeof asked === "string") {
      return session.fail(request.reqId, 321, validationText(asked));
    }
    if (asked.durationMs / asked.barMs > MOST_BARS) {
      return session.fail(request.reqId, 162, `${HISTORICAL_ERROR}Time length exceed max.`);
    }
    const bars = market.bars(asked);
    if (bars.length === 0) {
      const name = `${instrument.localSymbol}@${instrument.exchange}`;
      const text = `HMDS query returned no data: ${name} ${request.whatToShow}`;
      return session.fail(request.reqId, 162, HISTORICAL_ERROR + text);
    }
    const zone = instrument.timeZoneId;
    const daily = isDaily(asked.barMs);
    session.send(historicalData(bars, {
      reqId: request.reqId,
      start: ibTime(asked.endMs - asked.durationMs, zone),
      end: ibTime(asked.endMs, zone),
      trades: asked.what === "TRADES",
      date: (bar) => {
        if (daily) return wallClock(bar.startMs, zone).date;
        if (request.formatDate === 2) return String(Math.floor(bar.startMs / 1000));
        return ibTime(bar.startMs, zone);
      },
    }));
  };

  const cancel = (reader: FieldReader): void => {
    const reqId = readCancelHistoricalData(reader);
    session.fail(reqId, 366, `No historical data query found for ticker id:${reqId}`);
  };

  return { handlers: new Map([[20, request], [25, cancel]]) };
}

/** What the market is asked, or the cause for which the request is refused. */
function barRequest(
  request: HistoricalDataRequest,
  instrument: Instrument,
  nowMs: number,
): BarRequest | string {
  const what = KINDS.find((kind) => kind === request.whatToShow.toUpperCase());
  if (what === undefined) {
    return `Incorrect data type of ${request.whatToShow}. Offered here: ${KINDS.join(", ")}`;
  }
  const barMs = parseBarSize(request.barSize);
  if (barMs === undefined) {
    return `Invalid bar size of ${request.barSize}. Legal ones are: ${BAR_SIZES.join(", ")}`;
  }
  const durationMs = parseDuration(request.duration);
  if (durationMs === undefined) {
    return `Invalid duration of ${request.duration}. Format: integer{SPACE}unit (S|D|W|M|Y)`;
  }
  const endMs = parseEndDateTime(request.endDateTime, nowMs);
  if (endMs === undefined) {
    return `Invalid date/time of ${request.endDateTime}. Format: yyyymmdd hh:mm:ss {timezone}`;
  }
  if (request.formatDate !== 1 && request.formatDate !== 2) {
    return `Invalid formatDate of ${request.formatDate}. Legal ones are: 1, 2`;
  }
  if (request.keepUpToDate) return "Bars that are kept up to date are not offered here";
  return {
    conId: instrument.conId,
    what,
    endMs,
    durationMs,
    barMs,
    regularHoursOnly: request.regularHoursOnly,
  };
}
