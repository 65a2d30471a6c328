// Opens pages in Chromium, one for each line of JSON {url, width, height, path} on standard input:
// waits for the promise `window.ready`, writes a picture of the page to `path`, and answers with a
// line {report, messages}: what that promise gave, and what the page logged.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(process.argv[2] + "/");
const { chromium } = require("playwright-core");

const browser = await chromium.launch({
  executablePath: process.argv[3],
  args: [
    "--no-sandbox",
    "--force-color-profile=srgb",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
  ],
});
for await (const line of createInterface({ input: process.stdin })) {
  const { url, width, height, path } = JSON.parse(line);
  const page = await browser.newPage({ viewport: { width, height } });
  const messages = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) messages.push(message.text());
  });
  page.on("pageerror", (error) => messages.push(String(error)));
  let report = null;
  try {
    await page.goto(url, { timeout: 60000 });
    await page.waitForFunction(() => "ready" in window, null, { timeout: 60000 });
    report = await page.evaluate(() => window.ready);
    await page.screenshot({ path, timeout: 60000 });
  } catch (error) {
    messages.push(String(error));
  }
  await page.close();
  process.stdout.write(JSON.stringify({ report, messages }) + "\n");
}
await browser.close();
