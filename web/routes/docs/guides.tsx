/** `/docs` and `/docs/guides/…`: the guides, and `/docs/img/…`: their pictures. */
import { htmlResponse, Page } from "../../components/Page.tsx";
import { readGuide, readPicture } from "../../guides.ts";
import type { RequestContext, Services } from "../../services.ts";
import { errorPage } from "../_error.tsx";

const PREFIX = "/docs/guides/";

/** Answers the page of a guide. */
export async function guidePage(c: RequestContext, services: Services): Promise<Response> {
  const path = c.req.path.startsWith(PREFIX) ? c.req.path.slice(PREFIX.length) : "";
  const guide = await readGuide(path);
  if (!guide) {
    return await errorPage(c, services, {
      status: 404,
      title: "No such guide",
      detail: `There is no guide “${path.slice(0, 60)}”. /docs lists all.`,
    });
  }
  return htmlResponse(
    <Page title={guide.title} here="docs">
      <article class="guide prose" dangerouslySetInnerHTML={{ __html: guide.html }}></article>
      {path === ""
        ? (
          <p class="guide">
            <a href="/docs/api">Every call of the API</a>
          </p>
        )
        : (
          <p class="guide">
            <a href="/docs">All guides</a>
          </p>
        )}
    </Page>,
    { request: c.req.raw },
  );
}

/** Answers with a picture of the guides. */
export async function guidePicture(c: RequestContext): Promise<Response> {
  const picture = await readPicture(c.req.param("name") ?? "");
  if (!picture) return await c.notFound();
  return c.body(picture, 200, {
    "Content-Type": "image/png",
    "Cache-Control": "public, max-age=300",
  });
}
