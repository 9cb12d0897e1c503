/**
 * Managed accounts, account summary, account updates, positions: answered at once, and told of
 * again whenever a fill has changed them, until cancelled.
 */
import type { Holding } from "../../orders/order.ts";
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
import { LEDGER_TAGS } from "../portfolio.ts";
import { type Session, type Subject, validationText } from "../session.ts";

/** A request for figures that is told of changes: those of its accounts that it wants. */
interface FigureSubscription {
  readonly accounts: readonly string[];
  wants(value: AccountValue): boolean;
  message(value: AccountValue): string;
  /** What was sent last, by account and tag. */
  readonly sent: Map<string, string>;
}

/** Accounts of one connection. */
export function accounts(session: Session): Subject {
  const { clock, accounts, desk } = session.gateway;
  const [first = ""] = accounts;
  /** By request ID; account updates have none. */
  const figures = new Map<number | "updates", FigureSubscription>();
  let wantsPositions = false;

  /** The account a request means: the first where it names none; an error where it names another's. */
  const named = (reqId: number, asked: string): string | undefined => {
    if (asked === "") return first;
    if (accounts.includes(asked)) return asked;
    session.fail(reqId, 321, validationText(`Invalid account code '${asked}'.`));
    return undefined;
  };

  /** Sends the figures of a subscription that have changed since it was last told; at first all. */
  const tellFigures = (subscription: FigureSubscription, ofAccount: string): void => {
    for (const value of desk.accountValues(ofAccount)) {
      const key = `${ofAccount} ${value.tag}`;
      if (!subscription.wants(value) || subscription.sent.get(key) === value.value) continue;
      subscription.sent.set(key, value.value);
      session.send(subscription.message(value));
    }
  };

  const subscribe = (
    key: number | "updates",
    wanted: Omit<FigureSubscription, "sent">,
  ): void => {
    const subscription = { ...wanted, sent: new Map<string, string>() };
    figures.set(key, subscription);
    for (const account of wanted.accounts) tellFigures(subscription, account);
  };

  const summary = (reader: FieldReader): void => {
    const { reqId, tags } = readAccountSummaryRequest(reader);
    subscribe(reqId, {
      accounts,
      wants: (value) => isAsked(value, tags),
      message: (value) => accountSummary(reqId, value),
    });
    session.send(accountSummaryEnd(reqId));
  };

  const tellPortfolio = (held: Holding): void =>
    session.send(portfolioValue(held, desk.mark(held.instrument.conId)));

  const tellTime = (): void => {
    const { time } = wallClock(clock.nowMs(), DEFAULT_ZONE);
    session.send(accountUpdateTime(time.slice(0, 5)));
  };

  const updates = (reader: FieldReader): void => {
    const request = readAccountUpdatesRequest(reader);
    if (!request.subscribe) return void figures.delete("updates");
    const account = named(-1, request.account);
    if (account === undefined) return;
    subscribe("updates", { accounts: [account], wants: () => true, message: accountValue });
    for (const held of desk.holdings(account)) tellPortfolio(held);
    tellTime();
    session.send(accountDownloadEnd(account));
  };

  const updatesMulti = (reader: FieldReader): void => {
    const { reqId, account: asked, modelCode } = readAccountUpdatesMultiRequest(reader);
    const account = named(reqId, asked);
    if (account === undefined) return;
    subscribe(reqId, {
      accounts: [account],
      wants: () => true,
      message: (value) => accountUpdateMulti(reqId, modelCode, value),
    });
    session.send(accountUpdateMultiEnd(reqId));
  };

  const allPositions = (): void => {
    wantsPositions = true;
    for (const account of accounts) {
      for (const held of desk.holdings(account)) session.send(position(held));
    }
    session.send(positionEnd());
  };

  const stopListening = desk.listen((event) => {
    if (event.kind !== "account") return;
    const { account, holdings } = event;
    const ofUpdates = figures.get("updates")?.accounts.includes(account) ?? false;
    for (const held of holdings) {
      if (wantsPositions) session.send(position(held));
      if (ofUpdates) tellPortfolio(held);
    }
    for (const subscription of figures.values()) {
      if (subscription.accounts.includes(account)) tellFigures(subscription, account);
    }
    if (ofUpdates) tellTime();
  });

  const cancel = (reader: FieldReader): void => void figures.delete(readVersionAndReqId(reader));
  return {
    handlers: new Map([
      [6, updates],
      [17, () => session.send(managedAccounts(accounts))],
      [61, allPositions],
      [62, summary],
      [63, cancel],
      [64, () => {
        wantsPositions = false;
      }],
      [76, updatesMulti],
      [77, cancel],
    ]),
    close: stopListening,
  };
}

function isAsked(value: AccountValue, tags: readonly string[]): boolean {
  if (tags.length === 0 || tags.includes("All")) return true;
  if (tags.includes(value.tag)) return true;
  return tags.some((tag) => tag.startsWith("$LEDGER")) && LEDGER_TAGS.has(value.tag);
}
