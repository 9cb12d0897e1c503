/** The description of the ingest call. */
import { z } from "zod";
import type { Operation } from "../../openapi/operation.ts";

/** What `POST /api/price-agent/ingest-chain` takes and answers (`docs/api.md`). */
export const ingestChainApi: Operation = {
  tag: "agents",
  summary: "A chain comes in",
  description: "Stored whole or not at all. The first check that fails is the answer.",
  headers: z.object({
    "Idempotency-Key": z.string().regex(/^[\x21-\x7e]{1,255}$/).optional()
      .describe("the same key with the same body gets the first answer again, for 30 days"),
    "Lastmark-Backfill": z.enum(["1"]).optional()
      .describe("1: the batch waited; it is history at its own time"),
  }),
  body: "IngestBody",
  answers: {
    200: { description: "It is stored.", body: "Ingested" },
    400: { description: "The body is no JSON, fields are bad, or a time is." },
    404: { description: "The ticker is neither a deal nor watched." },
    408: { description: "The body did not arrive in time." },
    409: {
      description: "Another agent wrote the ticker last, and its window is not over.",
      headers: { "Retry-After": "seconds until the window is over" },
    },
    413: { description: "The body is too large, or has too many contracts." },
    415: {
      description: "The body is of another type than JSON, or of another encoding than gzip.",
    },
    422: { description: "The Idempotency-Key came with another body before." },
  },
};
