/**
 * Loaded before the tests: an example in a comment says what holds with `console.assert`, as its
 * reader may paste it anywhere; here one that does not hold fails.
 */
console.assert = (holds?: boolean, ...data: unknown[]): void => {
  if (holds !== true) throw new Error(`The example does not hold. ${data.join(" ")}`);
};
