/** The description of the API as a page, `/docs/api`; `/api/openapi.json` is the same for programs. */
import type { ComponentChildren } from "preact";
import { htmlResponse, Page } from "../../components/Page.tsx";
import { describeApi, type DocumentedCall, type Parameter } from "../../openapi/document.ts";
import type { Route } from "../../route.ts";
import type { Handler } from "../../services.ts";

/** Draws the description of a table of routes, which is asked for when it is whole. */
export function apiPage(routes: () => readonly Route[]): Handler {
  return (c, services) => {
    const { version } = services;
    const { info, tags, paths } = describeApi(routes(), version);
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, call]) => ({ path, method, call }))
    );
    return htmlResponse(
      <Page title="API" here="docs">
        <div class="guide">
          <h1>API</h1>
          <p>{marked(info.description)}</p>
          <p>
            For programs: <a href="/api/openapi.json">/api/openapi.json</a>{" "}
            (OpenAPI 3.1, with every field of every body).
          </p>
          {tags.map(({ name, description }) => (
            <section key={name} aria-labelledby={name}>
              <h2 id={name}>{description}</h2>
              {calls.filter(({ call }) => call.tags.includes(name)).map((one) => (
                <Call key={one.call.operationId} {...one} />
              ))}
            </section>
          ))}
        </div>
      </Page>,
      { request: c.req.raw },
    );
  };
}

interface CallProps {
  readonly path: string;
  readonly method: string;
  readonly call: DocumentedCall;
}

function Call({ path, method, call }: CallProps) {
  return (
    <article id={call.operationId}>
      <h3>
        <code>{`${method.toUpperCase()} ${path}`}</code>
      </h3>
      <p>{`${call.summary}.`}</p>
      {call.description === undefined ? null : <p>{marked(call.description)}</p>}
      {call.parameters.length === 0 ? null : (
        <table>
          <caption>Parameters</caption>
          <tbody>
            {call.parameters.map((parameter) => (
              <tr key={parameter.name}>
                <th scope="row">
                  <code>{parameter.name}</code>
                </th>
                <td>{whereOf(parameter)}</td>
                <td>{marked(parameter.description)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <table>
        <caption>Answers</caption>
        <tbody>
          {Object.entries(call.responses).map(([status, { description }]) => (
            <tr key={status}>
              <th scope="row">{status}</th>
              <td>{marked(description)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </article>
  );
}

/** Text with what stands between backticks as code, as OpenAPI's descriptions have it (CommonMark). */
function marked(text: string | undefined): ComponentChildren {
  return text?.split("`").map((part, index) =>
    index % 2 === 1 ? <code key={index}>{part}</code> : part
  );
}

function whereOf(parameter: Parameter): string {
  return parameter.in === "query" && parameter.required ? "query, needed" : parameter.in;
}
