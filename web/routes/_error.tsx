/** The page that says what went wrong; it needs neither the database nor a script. */
import type { Context } from "hono";
import type { AppEnv, Failure, Services } from "../services.ts";
import { htmlResponse, Page } from "../components/Page.tsx";

/** Draws a failure: what is so and what to do. */
export function errorPage(c: Context<AppEnv>, services: Services, failure: Failure): Response {
  return htmlResponse(
    <Page title={failure.title}>
      <div class="plain">
        <h1>{failure.title}</h1>
        <p>{failure.detail}</p>
        <p>
          <a href="/">All tickers</a>
        </p>
        {failure.status >= 500
          ? (
            <p class="muted">
              Tell whoever runs this server: request <code>{c.get("requestId")}</code>
            </p>
          )
          : null}
      </div>
    </Page>,
    {
      status: failure.status,
      request: c.req.raw,
      // Who is not let in is told nothing of the agents.
      ...(services.door.kind === "open" || c.get("visitor")
        ? { services, user: c.get("visitor")?.user.email }
        : {}),
    },
  );
}
