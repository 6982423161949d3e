// The page of `cargo xtask docs` as people meet it. `.ci/check-docs` puts this file beside page.html and hostile.html, and names
// the browser.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 400, height: 800 };

let browser;
before(async () => {
  // Without the sandbox, because root can't have it; the pages are our own.
  browser = await chromium.launch({ executablePath: process.env.BROWSER, chromiumSandbox: false });
});
after(() => browser?.close());

/** Opens a page, hands it to `look`, and sees to it that nothing was asked for and that the browser had nothing to complain of. */
async function open(file, options, look) {
  const url = new URL(file, import.meta.url).href;
  const page = await browser.newPage({ viewport: DESKTOP, ...options });
  page.setDefaultTimeout(10_000);
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(dialog.message());
    return dialog.dismiss();
  });
  try {
    await page.goto(url);
    await look(page);
    await page.waitForTimeout(50);
    assert.deepEqual(complaints, []);
    assert.deepEqual(requests, [url]);
  } finally {
    await page.close();
  }
}

const at = (page, id) => page.locator(`[id="${id}"]`);
const hash = (page) => page.evaluate(() => decodeURIComponent(location.hash));

/** Whether people see the beginning of an element: it is in the window, and nothing lies over it. */
const isSeen = (page, id) =>
  page.waitForFunction((id) => {
    const element = document.getElementById(id);
    const heading = element.querySelector("h2, h3, h5, th") ?? element;
    const { left, top, height } = heading.getBoundingClientRect();
    const there = document.elementFromPoint(left + 5, top + height / 2);
    return there !== null && element.contains(there);
  }, id);

for (const file of ["page.html", "hostile.html"]) {
  for (const [colorScheme, viewport] of [["light", DESKTOP], ["dark", PHONE]]) {
    test(`opens and can be used by everybody: ${file}, ${colorScheme}, ${viewport.width} pixels wide`, () =>
      open(file, { viewport, colorScheme }, async (page) => {
        await page.evaluate(() => document.querySelectorAll(".example").forEach((details) => (details.open = true)));
        const { width, wide } = await page.evaluate(() => ({
          width: document.documentElement.clientWidth,
          wide: document.documentElement.scrollWidth,
        }));
        assert.equal(wide, width, "nothing is cut off at the side");
        await page.evaluate(AXE);
        const { violations } = await page.evaluate(() => window.axe.run());
        const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
        assert.deepEqual(found, []);
      }));
  }

  test(`every link into the page leads somewhere: ${file}`, () =>
    open(file, {}, async (page) => {
      const lost = await page.evaluate(() =>
        [...document.querySelectorAll('a[href^="#"]')].map((link) => link.hash.slice(1)).filter((id) => !document.getElementById(id)),
      );
      assert.deepEqual(lost, []);
      const twice = await page.evaluate(() => {
        const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
        return ids.filter((id, index) => ids.indexOf(id) !== index);
      });
      assert.deepEqual(twice, []);
    }));
}

test("texts that mean harm stay texts", () =>
  open("hostile.html", {}, async (page) => {
    assert.equal(await page.title(), "Pets </title><script>alert(1)</script> 1 & 2");
    assert.equal(await page.locator("script").count(), 1);
    assert.equal(await page.locator("img, svg, iframe, [onload], [onerror], [style]").count(), 0);
    for (const entry of await page.locator(".contents a").all()) {
      await entry.click();
      const id = await entry.evaluate((link) => link.hash.slice(1));
      await isSeen(page, id);
    }
  }));

test("links are followed, and one can go back", () =>
  open("page.html", {}, async (page) => {
    await page.getByRole("navigation").getByRole("link", { name: "OfferStatusReport" }).click();
    assert.equal(await hash(page), "#schemas/OfferStatusReport");
    await isSeen(page, "schemas/OfferStatusReport");

    await at(page, "schemas/OfferStatusReport/status").getByRole("link", { name: "OfferStatus", exact: true }).click();
    assert.equal(await hash(page), "#schemas/OfferStatus");
    await isSeen(page, "schemas/OfferStatus");

    await page.goBack();
    assert.equal(await hash(page), "#schemas/OfferStatusReport");
    await isSeen(page, "schemas/OfferStatusReport");

    const row = at(page, "schemas/OfferStatusReport/steps");
    await row.getByRole("link", { name: "Link to steps" }).click();
    assert.equal(await hash(page), "#schemas/OfferStatusReport/steps");
    await row.locator(".marks a").first().click();
    assert.equal(await hash(page), "#marks/doc");
    await isSeen(page, "marks/doc");
  }));

test("what proves a claim is told, down to the recording", () =>
  open("page.html", {}, async (page) => {
    const row = at(page, "schemas/ErrorResponse/Message");
    const claim = row.getByText("listOffers 401 application/json body.Message present");
    assert.equal(await claim.isVisible(), false);
    await row.locator("summary").click();
    await claim.waitFor();
    await row.getByRole("link", { name: "recordings/failures/list-unauthorized" }).first().click();
    assert.equal(await hash(page), "#recordings/recordings/failures/list-unauthorized");
    await isSeen(page, "recordings/recordings/failures/list-unauthorized");
  }));

test("the search finds a member and hides the others", () =>
  open("page.html", {}, async (page) => {
    const found = page.getByRole("status");
    const shown = () => page.locator("tbody > tr[data-item]:visible").evaluateAll((rows) => rows.map((row) => row.id));
    const everything = await shown();

    await page.keyboard.press("/");
    await page.keyboard.type("PCREDIRECT");
    assert.equal(await found.textContent(), "1 match");
    assert.deepEqual(await shown(), ["schemas/OfferSummary/pcRedirectUri"]);
    assert.ok(await at(page, "schemas/OfferSummary").isVisible(), "it is seen where it stands");
    assert.equal(await at(page, "schemas/OfferStatusReport").isVisible(), false);
    assert.deepEqual(await page.locator(".contents li:visible").allTextContents(), ["OfferSummary"]);

    await page.getByRole("searchbox").fill("hundred zzz");
    assert.equal(await found.textContent(), "Nothing matches “hundred zzz”.");
    assert.deepEqual(await shown(), []);
    assert.equal(await page.locator("[data-item]:visible").count(), 0);

    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("searchbox").inputValue(), "");
    assert.equal(await found.textContent(), "");
    assert.deepEqual(await shown(), everything);

    // All words, in any order, in names and texts alike.
    await page.getByRole("searchbox").fill("center pcRedirect page");
    assert.deepEqual(await shown(), ["schemas/OfferSummary/pcRedirectUri"]);
    await page.getByRole("searchbox").fill("center pcRedirect zzz");
    assert.deepEqual(await shown(), []);

    // What is called so is shown with everything in it.
    await page.getByRole("searchbox").fill("messagelevel");
    const levels = ["information", "warning", "error"].map((level) => `schemas/MessageLevel/=${level}`);
    assert.deepEqual((await shown()).filter((id) => id.startsWith("schemas/MessageLevel/")), levels);
  }));

test("links lead on while something is searched for", () =>
  open("page.html", {}, async (page) => {
    const field = page.getByRole("searchbox");
    await field.fill("pcRedirectUri");
    await page.evaluate(() => (location.hash = "#schemas/OfferStatusReport/steps"));
    await isSeen(page, "schemas/OfferStatusReport/steps");
    assert.equal(await field.inputValue(), "");

    await field.fill("notificationEmails");
    await at(page, "schemas/OfferStatusReport/notificationEmails").locator(".marks a").first().click();
    await isSeen(page, "marks/doc");
    assert.equal(await field.inputValue(), "");
  }));

test("on a phone the contents open, and don't cover what they lead to", () =>
  open("page.html", { viewport: PHONE, hasTouch: true }, async (page) => {
    const entry = page.getByRole("navigation").getByRole("link", { name: "PublicationStep" });
    assert.equal(await entry.isVisible(), false);
    await page.getByText("Contents", { exact: true }).tap();
    await entry.tap();
    assert.equal(await hash(page), "#schemas/PublicationStep");
    await isSeen(page, "schemas/PublicationStep");
  }));

test("the keyboard is enough", () =>
  open("page.html", {}, async (page) => {
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to the content" });
    assert.ok(await skip.evaluate((link) => link === document.activeElement && link.getBoundingClientRect().left >= 0));
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "content");
    assert.equal(await hash(page), "#content");
  }));

test("without JavaScript only the search is missing", () =>
  open("page.html", { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.locator("search").isVisible(), false);
    await page.getByRole("navigation").getByRole("link", { name: "StepStatus", exact: true }).click();
    assert.match(page.url(), /#schemas\/StepStatus$/);
    assert.ok(await at(page, "schemas/StepStatus").isVisible());
    const summary = at(page, "schemas/StepStatus/=blocked").locator("summary");
    await summary.click();
    assert.ok(await at(page, "schemas/StepStatus/=blocked").getByText("body.steps[].status = blocked").isVisible());
  }));

test("on paper the examples are there and the search isn't", () =>
  open("page.html", {}, async (page) => {
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("search").isVisible(), false);
    const example = at(page, "operations/listOffers/responses/200").getByText('"pcMigrationStatus": "none"');
    assert.ok((await example.boundingBox()).height > 0);
  }));
