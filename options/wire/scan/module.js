// @ts-self-types="./module.d.ts"
// A file of JavaScript, since TypeScript has no words yet for what it does: it takes the compiled
// module and not its one instance, so that there can be several, and a large one can be let go.
import source scan from "./scan.wasm";

export default scan;
