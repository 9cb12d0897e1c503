/** The guides of `docs/` as pages: Markdown to HTML, with links that lead within the pages. */
import { fileURLToPath } from "node:url";
import { Marked } from "marked";

const DOCS = new URL("../docs/", import.meta.url);

/** A guide that can be shown. */
export interface Guide {
  readonly title: string;
  readonly html: string;
}

/**
 * The file of a guide in `docs/`, by the path of its page; `undefined` where the path can name none.
 *
 * @example
 * ```ts
 * import { guideFile } from "./guides.ts";
 * console.assert(guideFile("") === "README.md" && guideFile("operators/keys") === "operators/keys.md");
 * console.assert(guideFile("../deno") === undefined && guideFile("agents/") === "agents/README.md");
 * ```
 */
export function guideFile(path: string): string | undefined {
  if (path === "" || path.endsWith("/")) {
    const folder = path === "" || guideFile(path.slice(0, -1)) !== undefined;
    return folder ? `${path}README.md` : undefined;
  }
  return /^[a-z0-9-]+(\/[a-z0-9-]+)*$/.test(path) ? `${path}.md` : undefined;
}

/**
 * The address that a link of a guide leads to: another guide's page, a picture's, or what it says.
 *
 * @example
 * ```ts
 * import { guideLink } from "./guides.ts";
 * console.assert(guideLink("../api.md#keys", "agents/README.md") === "/docs/guides/api#keys");
 * console.assert(guideLink("README.md", "agents/doctor.md") === "/docs/guides/agents/");
 * console.assert(guideLink("https://www.rfc-editor.org", "api.md") === "https://www.rfc-editor.org");
 * ```
 */
export function guideLink(href: string, file: string): string {
  const url = new URL(href, `http://docs.invalid/docs/${file}`);
  if (url.origin !== "http://docs.invalid" || href.startsWith("#")) return href;
  const path = url.pathname.replace(/^\/docs\//, "");
  if (path.endsWith(".png")) return `/docs/${path}`;
  if (!path.endsWith(".md")) return href;
  return `/docs/guides/${path.replace(/README\.md$/, "").replace(/\.md$/, "")}${url.hash}`;
}

/** Reads a guide by the path of its page; `undefined` where there is none. */
export async function readGuide(path: string): Promise<Guide | undefined> {
  const file = guideFile(path);
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await Deno.readTextFile(new URL(file, DOCS));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const marked = new Marked({
    walkTokens(token) {
      if (token.type === "link" || token.type === "image") token.href = guideLink(token.href, file);
    },
  });
  // Our own files: what is in them is as good as code.
  const html = await marked.parse(text);
  return { title: /^# (.+)$/m.exec(text)?.[1] ?? "Documentation", html: scrollable(html) };
}

/** A picture of the guides; `undefined` where there is none. */
export async function readPicture(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!/^[a-z0-9-]+\.png$/.test(name)) return undefined;
  try {
    return await Deno.readFile(fileURLToPath(new URL(`img/${name}`, DOCS)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Wide tables and programs scroll by themselves, and not the page. */
function scrollable(html: string): string {
  return html.replaceAll("<table>", '<div class="scroll" tabindex="0"><table>')
    .replaceAll("</table>", "</table></div>")
    .replaceAll("<pre>", '<pre tabindex="0">')
    // A head without words is none.
    .replaceAll(/<th([^>]*)><\/th>/g, "<td$1></td>");
}
