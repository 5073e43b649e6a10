/** The report of a real run in a real browser: with scripts and without, at a desk and on a phone. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startService } from "../service/index.ts";
import { chromiumFlags, chromiumPath, installLine } from "./chromium.ts";
import { Folder, peakproof } from "./cli.ts";

const hasChromium = existsSync(chromiumPath);
if (!hasChromium)
  console.warn(
    `SKIPPED: the report is not opened in a browser, since ${chromiumPath} is missing. To run these tests: ${installLine}`,
  );

const scenario = fileURLToPath(new URL("./scenarios/everyday.ts", import.meta.url));

describe.runIf(hasChromium)("the report of a run", () => {
  const folder = new Folder();
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    const service = await startService({ port: 0, adminPort: 0 });
    await peakproof("run", scenario, "--target", service.url, "--admin", service.adminUrl, "--hold", "2s", "--out", folder.runs);
    await service.stop();
    url = pathToFileURL(join(folder.run, "report.html")).href;
    browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    folder[Symbol.dispose]();
  });

  it.each([
    ["a desktop", 1440, true],
    ["a desktop without scripts", 1440, false],
    ["a phone", 390, true],
    ["a phone without scripts", 390, false],
  ])("is readable on %s, logs no error and asks nobody for anything", async (_, width, javaScriptEnabled) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, javaScriptEnabled });
    const requests: string[] = [];
    const errors: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(url);
    expect(await page.locator("h1").innerText()).toMatch(/[Hh]olds/);
    expect(await page.locator("figure svg").count()).toBeGreaterThanOrEqual(3);
    for (const figure of await page.locator("figure svg").all()) {
      const box = await figure.boundingBox();
      expect(box === null || box.width <= width).toBe(true);
    }
    const overflow = await page.locator("body").evaluate((body) => body.scrollWidth);
    expect(overflow).toBeLessThanOrEqual(width);
    expect(requests).toEqual([url]);
    expect(errors).toEqual([]);
    await page.close();
  });
});
