/** reqHistoricalData and its cancellation, within IB's limits on both. */
import type { Timer } from "../../../base/clock.ts";
import type { FaultOf } from "../../faults/fault.ts";
import type { FieldReader } from "../../wire/fields.ts";
import type { BarRequest, Instrument } from "../../market/market.ts";
import {
  type HistoricalDataRequest,
  readCancelHistoricalData,
  readHistoricalDataRequest,
} from "../../wire/requests/historical.ts";
import { historicalData } from "../../wire/responses/historical.ts";
import { MOST_AT_ONCE } from "../historical_pacing.ts";
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

/** A gateway answers so soon, where ticks are not at once. */
const ANSWER_MS = 150;

/** IB's texts for a fault that is on. */
const FAULT_TEXTS: Readonly<Record<FaultOf<"historical">["code"], (reqId: number) => string>> = {
  162: () => `${HISTORICAL_ERROR}Historical data request pacing violation`,
  322: () => TOO_MANY,
  366: (reqId) => `No historical data query found for ticker id:${reqId}`,
  420: () => "Invalid Real-time Query:Historical data request pacing violation",
};

const TOO_MANY =
  `Error processing request.-'bP' : cause - Only ${MOST_AT_ONCE} simultaneous API historical data requests allowed.`;

/** Historical bars of one connection. */
export function historical(session: Session): Subject {
  const { market, clock, faults, farms, tickDelay, historicalPacing: pacing } = session.gateway;
  const waiting = new Map<number, Timer>();

  const request = (reader: FieldReader): void => {
    const request = readHistoricalDataRequest(reader);
    const { reqId } = request;
    if (waiting.has(reqId)) return session.fail(reqId, 102, "Duplicate ticker ID");
    const isHistorical = (fault: FaultOf<"silent_request">) => fault.request === "historical";
    if (faults.strikes("silent_request", session.clientId, isHistorical)) return;
    const instrument = resolveContract(session, reqId, request.contract);
    if (instrument === undefined) return;
    const asked = barRequest(request, instrument, market.nowMs());
    if (typeof asked === "string") return session.fail(reqId, 321, validationText(asked));
    if (asked.durationMs / asked.barMs > MOST_BARS) {
      return session.fail(reqId, 162, `${HISTORICAL_ERROR}Time length exceed max.`);
    }
    const struck = faults.strikes("historical", session.clientId);
    if (struck) return session.inject(reqId, struck.code, FAULT_TEXTS[struck.code](reqId));
    const { historicalTrouble } = farms;
    if (historicalTrouble !== undefined) {
      return session.inject(reqId, 162, HISTORICAL_ERROR + historicalTrouble);
    }
    const taken = pacing.take({
      contract: String(instrument.conId),
      what: asked.what,
      barMs: asked.barMs,
      whole: JSON.stringify({ ...asked, endMs: request.endDateTime }),
    });
    if (taken === "too many") return session.fail(reqId, 322, TOO_MANY);
    if (taken === "pacing") return session.fail(reqId, 162, FAULT_TEXTS[162](reqId));
    const slowMs = (faults.strikes("slow_historical", session.clientId)?.delaySeconds ?? 0) * 1_000;
    const waitMs = slowMs + (tickDelay.none ? 0 : ANSWER_MS);
    const tell = (): void => {
      waiting.delete(reqId);
      pacing.done();
      answer(request, instrument, asked);
    };
    if (waitMs === 0) tell();
    else waiting.set(reqId, clock.after(waitMs, tell));
  };

  const answer = (
    request: HistoricalDataRequest,
    instrument: Instrument,
    asked: BarRequest,
  ): void => {
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
    const timer = waiting.get(reqId);
    if (!timer) {
      return session.fail(reqId, 366, FAULT_TEXTS[366](reqId));
    }
    end(reqId, timer);
    session.inject(reqId, 162, `${HISTORICAL_ERROR}API historical data query cancelled: ${reqId}`);
  };

  const end = (reqId: number, timer: Timer): void => {
    timer.cancel();
    waiting.delete(reqId);
    pacing.done();
  };

  return {
    handlers: new Map([[20, request], [25, cancel]]),
    close() {
      for (const [reqId, timer] of [...waiting]) end(reqId, timer);
    },
  };
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
