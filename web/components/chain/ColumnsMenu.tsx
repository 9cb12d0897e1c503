/** Which columns a reader wants: a form, so that it works without scripts and the server draws them. */
import type { VNode } from "preact";
import { CHOICES, DEFAULT_CHOICE } from "./columns.ts";

/** The menu; `back` is the address to come back to. */
export function ColumnsMenu(
  { choice, back }: { choice: readonly string[] | null; back: string },
): VNode {
  const chosen = choice ?? DEFAULT_CHOICE;
  return (
    <details class="menu">
      <summary>Columns</summary>
      <form method="post" action="/columns">
        <input type="hidden" name="back" value={back} />
        <fieldset>
          <legend class="vh">Columns of the chain</legend>
          {CHOICES.map(({ choice: name, words }) => (
            <label key={name}>
              <input type="checkbox" name="column" value={name} checked={chosen.includes(name)} />
              {words}
            </label>
          ))}
        </fieldset>
        <p>
          <button type="submit" class="go">Show these</button>{" "}
          <button type="submit" name="reset" value="1">As it was</button>
        </p>
      </form>
    </details>
  );
}
