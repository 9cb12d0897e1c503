/** The page that says what went wrong; it needs neither the database nor a script. */
import type { Context } from "hono";
import type { AppEnv, Failure, Services } from "../services.ts";
import { htmlResponse, Page } from "../components/Page.tsx";

/** Draws a failure: what is so and what to do. */
export function errorPage(_c: Context<AppEnv>, _services: Services, failure: Failure): Response {
  return htmlResponse(
    <Page title={failure.title}>
      <div class="plain">
        <h1>{failure.title}</h1>
        <p>{failure.detail}</p>
        <p>
          <a href="/">All tickers</a>
        </p>
      </div>
    </Page>,
    failure.status,
  );
}
