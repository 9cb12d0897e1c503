// Keeps the last page of each address readable while the server is away: it is asked first, and what
// it answered last is shown, with a line that says so, where it cannot be reached. Nothing of the API
// is kept, and nothing is shown from here while the server answers. Signing out removes what is kept
// (Clear-Site-Data).

const PAGES = "pages";
const FILES = "files";
const MOST_PAGES = 50;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  // The address of a link that signs in is a secret, and an account is nobody else's to read.
  if (request.method !== "GET" || /^\/(sign-in|account)/.test(pathname)) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (pathname.startsWith("/_assets/")) event.respondWith(file(request));
});

async function page(request) {
  const kept = await caches.open(PAGES);
  try {
    const response = await fetch(request);
    if (response.ok && !response.redirected) await keep(kept, request, response.clone());
    return response;
  } catch (error) {
    const last = await kept.match(request.url);
    if (!last) throw error;
    const when = last.headers.get("date");
    const html = await last.text();
    const words = `Offline: the server cannot be reached. This is the page as it was${
      when ? ` on ${when}` : ""
    }.`;
    const line = `<p class="offline" role="status">${words}</p>`;
    return new Response(html.replace('<main id="main">', (main) => main + line), {
      headers: {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": last.headers.get("content-security-policy") ??
          "default-src 'self'",
      },
    });
  }
}

async function keep(kept, request, response) {
  await kept.put(request.url, response);
  const all = await kept.keys();
  for (const old of all.slice(0, Math.max(0, all.length - MOST_PAGES))) await kept.delete(old);
}

// Their names change with what they hold, so the first answer is good for ever.
async function file(request) {
  const kept = await caches.open(FILES);
  const known = await kept.match(request);
  if (known) return known;
  const response = await fetch(request);
  if (response.ok) await kept.put(request, response.clone());
  return response;
}
