/** The schemas of the API under the names that its description gives them. */
import { z } from "zod";
import { agentsHealthAnswer, ibConnectionAnswer } from "../../options/wire/agents.ts";
import { barsAnswer, barsBody, barsStoredAnswer } from "../../options/wire/bars.ts";
import { changesAnswer } from "../../options/wire/changes.ts";
import { chainAnswerSchema, chainRow, reasonAnswer } from "../../options/wire/chain.ts";
import { conditionsAnswer, conditionsRow } from "../../options/wire/conditions.ts";
import { chainRangeAnswer, contractHistoryAnswer, quoteRow } from "../../options/wire/history.ts";
import { ingestBody } from "../../options/wire/ingest_schema.ts";
import { problemAnswer } from "../../options/wire/problem.ts";
import { fetchChainBody } from "../../options/wire/fetch_chain.ts";
import {
  agentTickersAnswer,
  healthAnswer,
  ingestedAnswer,
  pingAnswer,
} from "../../options/wire/server.ts";
import { volatilityAnswer } from "../../options/wire/volatility.ts";
import { tokenAnswer, tokenBody } from "../../options/wire/auth.ts";
import { readAsked } from "../../options/wire/read_chain.ts";
import { tickerRow, tickersAnswer } from "../../options/wire/tickers.ts";

/** What is answered. */
export const ANSWERS = {
  Problem: problemAnswer,
  Reason: reasonAnswer,
  ChainRow: chainRow,
  Chain: chainAnswerSchema,
  ChainOrRange: z.union([chainAnswerSchema, chainRangeAnswer]),
  ChainRange: chainRangeAnswer,
  Changes: changesAnswer,
  ReadAsked: readAsked,
  Token: tokenAnswer,
  Volatility: volatilityAnswer,
  Quote: quoteRow,
  ContractHistory: contractHistoryAnswer,
  ConditionsAtSnapshot: conditionsRow,
  MarketConditions: conditionsAnswer,
  Ticker: tickerRow,
  Tickers: tickersAnswer,
  Bars: barsAnswer,
  BarsStored: barsStoredAnswer,
  AgentsHealth: agentsHealthAnswer,
  IbConnection: ibConnectionAnswer,
  AgentTickers: agentTickersAnswer,
  Ingested: ingestedAnswer,
  Ping: pingAnswer,
  Health: healthAnswer,
  Document: z.looseObject({ openapi: z.literal("3.1.0") }),
} as const satisfies Readonly<Record<string, z.ZodType>>;

/** The name of an answer's schema. */
export type AnswerName = keyof typeof ANSWERS;

/** What is sent. */
export const REQUESTS = {
  IngestBody: ingestBody.meta({
    allOf: [{ anyOf: [{ required: ["agentTimestamp"] }, { required: ["timestamp"] }] }],
  }),
  FetchChainBody: fetchChainBody,
  BarsBody: barsBody,
  TokenBody: tokenBody,
} as const satisfies Readonly<Record<string, z.ZodType>>;

/** The name of a request's schema. */
export type RequestName = keyof typeof REQUESTS;
