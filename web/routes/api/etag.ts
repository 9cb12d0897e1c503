/** Answers that a caller may have already. */
import type { RequestContext } from "../../services.ts";

/**
 * Sets the answer's ETag and says whether the caller has it: answer 304 then. The tag is weak, as
 * ages are left out of it and compression changes the bytes.
 */
export function isKnownTo(c: RequestContext, tag: string): boolean {
  const etag = `W/"${tag}"`;
  c.header("ETag", etag);
  // May be kept, and must be asked for each time: a late batch changes what was.
  c.header("Cache-Control", "private, no-cache");
  return isNamed(etag, c.req.header("if-none-match"));
}

/** Whether an `If-None-Match` names the tag, by weak comparison (RFC 9110, section 13.1.2). */
function isNamed(etag: string, header: string | undefined): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");
  return (header ?? "").split(",").some((tag) =>
    tag.trim() === "*" || opaque(tag) === opaque(etag)
  );
}
