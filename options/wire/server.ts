/** The small answers of the API: of the server itself, and to agents. */
import { z } from "zod";

/** `GET /ping`. */
export const pingAnswer = z.object({ status: z.literal("ok") });

/** `GET /health`. */
export const healthAnswer = z.object({
  status: z.enum(["ok", "down"]),
  version: z.string(),
  database: z.object({
    status: z.enum(["ok", "down"]),
    latencyMs: z.number().int().nonnegative().optional(),
  }),
});

/** `GET /api/price-agent/tickers`. */
export const agentTickersAnswer = z.object({
  clockOffsetMs: z.number().int().describe("domain time minus real time: 0 but in a replay"),
  tickers: z.array(z.object({
    ticker: z.string(),
    dealId: z.string().nullable(),
    expectedCloseDate: z.string().nullable(),
  })),
});

/** What the ingest call answers with 200. */
export const ingestedAnswer = z.object({
  success: z.literal([true]),
  dealId: z.string().nullable().describe("null for a watched ticker that is no deal"),
  snapshotId: z.string().nullable().describe("null where there were no contracts"),
  contractsReceived: z.number().int(),
  serverReceivedAt: z.string(),
  ignored: z.array(z.string()).optional().describe("fields that are not known here"),
});
