/** What the descriptions of several calls say. */
import type { Answer } from "../../openapi/operation.ts";

/** The headers of an answer that a caller may keep. */
export const WITH_ETAG: Pick<Answer, "headers"> = {
  headers: { ETag: "names this answer", "Cache-Control": "ask each time" },
};

/** 304. */
export const KNOWN_ALREADY: Answer = {
  description: "The answer that `If-None-Match` names still holds.",
  headers: { ETag: "names that answer" },
};

/** 404. */
export const NOT_FOLLOWED: Answer = {
  description: "The ticker is neither a deal nor watched, or names none.",
};
