/**
 * What the Markdown files promise: relative links and anchors that resolve, tasks that exist, files
 * that are where the text says. Addresses on the web are not asked for.
 */
import { dirname, join, normalize } from "node:path/posix";
import GithubSlugger from "github-slugger";
import { fromMarkdown } from "mdast-util-from-markdown";
import { toString } from "mdast-util-to-string";

/** What the check knows of the checkout. */
export interface Checkout {
  /** Text of every Markdown file by its path from the top. */
  readonly documents: ReadonlyMap<string, string>;
  /** Whether a file or folder of that path from the top exists. */
  readonly exists: (path: string) => boolean;
  /** The tasks of the root `deno.json`. */
  readonly tasks: ReadonlySet<string>;
  /** Top-level folders: a path in backquotes that begins with one of them must exist. */
  readonly folders: ReadonlySet<string>;
  /** Folders that only a build or a run makes, from `.gitignore`. */
  readonly made: readonly string[];
}

type Node = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>["children"][number];

/**
 * One sentence for each promise that is not kept.
 *
 * @example
 * ```ts
 * import { brokenPromises } from "./docs.ts";
 * const problems = brokenPromises({
 *   documents: new Map([["README.md", "[guide](docs/guide.md)"]]),
 *   exists: () => false, tasks: new Set(), folders: new Set(), made: [],
 * });
 * console.assert(problems.length === 1);
 * ```
 */
export function brokenPromises(checkout: Checkout): string[] {
  const trees = new Map([...checkout.documents].map(([path, text]) => [path, fromMarkdown(text)]));
  const anchors = new Map([...trees].map(([path, tree]) => [path, anchorsOf(tree)]));
  return [...trees].flatMap(([path, tree]) => {
    const problems: string[] = [];
    const say = (node: Node, text: string): void => {
      problems.push(`${path}:${node.position?.start.line ?? 0} ${text}`);
    };
    for (const node of nodesOf(tree)) {
      if (node.type === "link" || node.type === "image" || node.type === "definition") {
        const broken = brokenLink(path, node.url, checkout, anchors);
        if (broken !== null) say(node, broken);
      } else if (node.type === "code" || node.type === "inlineCode") {
        for (const task of tasksNamed(node.value)) {
          if (!checkout.tasks.has(task)) say(node, `names the task ${task}, which deno.json lacks`);
        }
        if (node.type === "inlineCode" && isMissingPath(path, node.value, checkout)) {
          say(node, `mentions ${node.value}, which does not exist`);
        }
      }
    }
    return problems;
  });
}

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  if ("children" in node) { for (const child of node.children) yield* nodesOf(child); }
}

/** The anchors that GitHub gives a document's headings. */
function anchorsOf(tree: Node): Set<string> {
  const slugger = new GithubSlugger();
  const headings = [...nodesOf(tree)].filter((node) => node.type === "heading");
  return new Set(headings.map((heading) => slugger.slug(toString(heading))));
}

function brokenLink(
  from: string,
  url: string,
  checkout: Checkout,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): string | null {
  if (/^[a-z][a-z\d+.-]*:/i.test(url)) return null;
  const [path = "", anchor] = decodeURI(url).split("#");
  const target = path === "" ? from : normalize(join(dirname(from), path));
  if (path.startsWith("/")) return `links to ${url}: write it relative to the file`;
  if (path !== "" && !checkout.exists(target)) return `links to ${url}, which does not exist`;
  if (anchor === undefined || !target.endsWith(".md")) return null;
  return anchors.get(target)?.has(anchor)
    ? null
    : `links to ${url}, but no heading has that anchor`;
}

/** Tasks that a command names: `deno task check`, `npx -y deno@2.9.6 task start`. */
function tasksNamed(code: string): string[] {
  return [...code.matchAll(/\bdeno(?:@[\d.]+)? task ([a-z][\w:-]*)/g)].map((match) =>
    match[1] ?? ""
  );
}

/** Whether the text is a path into one of our folders (no blanks, no wildcards) that leads nowhere. */
function isMissingPath(from: string, text: string, checkout: Checkout): boolean {
  if (!/^[\w.@-]+(\/[\w.@-]+)+\/?$/.test(text)) return false;
  const path = text.replace(/\/$/, "");
  if (!checkout.folders.has(path.slice(0, path.indexOf("/")))) return false;
  if (checkout.made.some((folder) => `${path}/`.startsWith(folder))) return false;
  return !checkout.exists(path) && !checkout.exists(normalize(join(dirname(from), path)));
}
