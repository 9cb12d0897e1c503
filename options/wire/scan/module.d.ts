/** The scanner, compiled from `index.ts`. */
declare const scan: WebAssembly.Module;
export default scan;
