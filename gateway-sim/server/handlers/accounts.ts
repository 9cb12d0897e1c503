/** Managed accounts, account summary, account updates, positions. */
import type { FieldReader } from "../../wire/fields.ts";
import {
  readAccountSummaryRequest,
  readAccountUpdatesMultiRequest,
  readAccountUpdatesRequest,
  readVersionAndReqId,
} from "../../wire/requests/account.ts";
import {
  accountDownloadEnd,
  accountSummary,
  accountSummaryEnd,
  accountUpdateMulti,
  accountUpdateMultiEnd,
  accountUpdateTime,
  type AccountValue,
  accountValue,
  portfolioValue,
  position,
  positionEnd,
} from "../../wire/responses/account.ts";
import { managedAccounts } from "../../wire/responses/session.ts";
import { DEFAULT_ZONE, wallClock } from "../ib_time.ts";
import { accountValues, LEDGER_TAGS, positions } from "../portfolio.ts";
import { type Session, type Subject, validationText } from "../session.ts";

/** Accounts of one connection. */
export function accounts(session: Session): Subject {
  const { market, clock, accounts } = session.gateway;
  const [first = ""] = accounts;

  /** The account a request means: the first where it names none; an error where it names another's. */
  const named = (reqId: number, asked: string): string | undefined => {
    if (asked === "") return first;
    if (accounts.includes(asked)) return asked;
    session.fail(reqId, 321, validationText(`Invalid account code '${asked}'.`));
    return undefined;
  };

  const summary = (reader: FieldReader): void => {
    const { reqId, tags } = readAccountSummaryRequest(reader);
    for (const account of accounts) {
      for (const value of accountValues(account)) {
        if (isAsked(value, tags)) session.send(accountSummary(reqId, value));
      }
    }
    session.send(accountSummaryEnd(reqId));
  };

  const updates = (reader: FieldReader): void => {
    const { subscribe, account: asked } = readAccountUpdatesRequest(reader);
    const account = subscribe ? named(-1, asked) : undefined;
    if (account === undefined) return;
    for (const value of accountValues(account)) session.send(accountValue(value));
    for (const held of positions(market, accounts)) {
      if (held.account !== account) continue;
      const price = market.quote(held.instrument.conId)?.last ?? held.averageCost;
      session.send(portfolioValue(held, price));
    }
    const { time } = wallClock(clock.nowMs(), DEFAULT_ZONE);
    session.send(accountUpdateTime(time.slice(0, 5)));
    session.send(accountDownloadEnd(account));
  };

  const updatesMulti = (reader: FieldReader): void => {
    const request = readAccountUpdatesMultiRequest(reader);
    const account = named(request.reqId, request.account);
    if (account === undefined) return;
    for (const value of accountValues(account)) {
      session.send(accountUpdateMulti(request.reqId, request.modelCode, value));
    }
    session.send(accountUpdateMultiEnd(request.reqId));
  };

  const allPositions = (): void => {
    for (const held of positions(market, accounts)) session.send(position(held));
    session.send(positionEnd());
  };

  return {
    handlers: new Map([
      [6, updates],
      [17, () => session.send(managedAccounts(accounts))],
      [61, allPositions],
      // What was asked for has been answered whole, so there is nothing left to cancel.
      [63, (reader: FieldReader) => void readVersionAndReqId(reader)],
      [64, () => {}],
      [62, summary],
      [76, updatesMulti],
      [77, (reader: FieldReader) => void readVersionAndReqId(reader)],
    ]),
  };
}

function isAsked(value: AccountValue, tags: readonly string[]): boolean {
  if (tags.length === 0 || tags.includes("All")) return true;
  if (tags.includes(value.tag)) return true;
  return tags.some((tag) => tag.startsWith("$LEDGER")) && LEDGER_TAGS.has(value.tag);
}
