/** `POST /columns`: keeps which columns of a chain a reader wants, in a cookie of this browser. */
import { getCookie, setCookie } from "hono/cookie";
import { readChoice } from "../components/chain/columns.ts";
import type { RequestContext } from "../services.ts";
import { backOf } from "./back.ts";

const COOKIE = "lastmark-columns";
const YEAR_S = 365 * 86_400;

/** What a browser has chosen; null for the usual columns. */
export function choiceOf(c: RequestContext): readonly string[] | null {
  return readChoice(getCookie(c, COOKIE));
}

/** Takes the form of `components/chain/ColumnsMenu.tsx`. */
export async function postColumns(c: RequestContext): Promise<Response> {
  const form = await c.req.formData();
  const choice = form.get("reset") === null
    ? readChoice(form.getAll("column").filter((one) => typeof one === "string").join("."))
    : null;
  setCookie(c, COOKIE, choice?.join(".") ?? "", {
    path: "/",
    maxAge: choice === null ? 0 : YEAR_S,
    httpOnly: true,
    sameSite: "Lax",
  });
  return c.redirect(backOf(form.get("back")), 303);
}
