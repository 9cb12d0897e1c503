/** Signing in, as a person does. */
import { strict as assert } from "node:assert";
import { addUser, makeLink, setDisabled } from "../../../db/users.ts";
import { browserTest, ea } from "./harness.ts";

const PASSWORD = "a password of some length";

browserTest(
  "a user comes by a link, sets a password, signs out and in again, and sees what their role may",
  async (stage) => {
    const { sql, url } = stage;
    await stage.post("EA", [{ symbol: ea("C", 210), bid: 4, ask: 4.2 }], { spotPrice: 206.41 });
    const user = await addUser(sql, { email: "ann@x.example", role: "viewer" });
    assert.ok(user);
    const { page, complaints } = await stage.open("/chains/EA");
    assert.match(page.url(), /\/sign-in\?next=%2Fchains%2FEA$/);
    await page.goto(`${url}/sign-in/link/${await makeLink(sql, user.id, 60_000)}`);
    await page.click("button:has-text('Sign in')");
    await page.waitForURL(`${url}/account`);
    await page.fill("input[name=next]", PASSWORD);
    await page.click("text=Keep it");
    await page.locator("text=The password is kept.").waitFor();
    await page.click("text=Sign out");
    await page.waitForURL(/\/sign-in$/);
    await page.goto(`${url}/chains/EA`);
    await page.fill("input[name=email]", "ann@x.example");
    await page.fill("input[name=password]", "wrong, and long enough");
    await page.keyboard.press("Enter");
    await page.locator("text=Email or password is wrong.").waitFor();
    await page.fill("input[name=password]", PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/chains\/EA$/);
    assert.match(await page.locator(".who").innerText(), /ann@x\.example/);
    await page.goto(url);
    assert.equal(
      await page.locator("button:has-text('Watch')").count(),
      0,
      "a viewer is offered to watch",
    );
    await page.goto(`${url}/agents`);
    assert.equal(await page.locator("#keys").count(), 0, "a viewer is shown keys");
    // The wrong password was answered with 401, of which Chromium complains.
    assert.deepEqual(complaints.filter((text) => !text.includes("401")), []);
    await page.goto(`${url}/chains/EA`);
    await page.locator("html[data-awake]").waitFor();
    await setDisabled(sql, user.email, "disabled");
    await page.waitForURL(/\/sign-in\?next=/);
  },
  { AUTH: "sign-in" },
);
