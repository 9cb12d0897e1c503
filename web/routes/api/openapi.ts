/** `GET /api/openapi.json`: the description of the API. */
import { describeApi, type OpenApiDocument } from "../../openapi/document.ts";
import type { Operation } from "../../openapi/operation.ts";
import type { Route } from "../../route.ts";
import type { Handler } from "../../services.ts";

/** The description of the description. */
export const openApiApi: Operation = {
  tag: "server",
  summary: "This description",
  withoutDatabase: true,
  answers: { 200: { description: "An OpenAPI 3.1 document.", body: "Document" } },
};

/** Answers with the description of a table of routes, which is asked for when it is whole. */
export function openApi(routes: () => readonly Route[]): Handler {
  let made: OpenApiDocument | undefined;
  return (c, { version }) => c.json(made ??= describeApi(routes(), version));
}
