/**
 * Builds the browser's part alone: styles, fonts and islands. The server runs from source and
 * only reads the manifest (`components/assets.ts`), so Vite is not needed at run time.
 */
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname ?? ".",
  publicDir: false,
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: true,
    assetsDir: "_assets",
    // Inlined fonts would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["client/main.ts", "static/look.css"],
      // What several islands share is one file: a dozen small ones compress a tenth worse.
      output: { advancedChunks: { groups: [{ name: "shared", minShareCount: 2 }] } },
    },
  },
});
