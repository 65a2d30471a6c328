// Opens a page in Chromium and prints as JSON what the browser makes of its web app manifest, and
// how many pixels wide it shows each picture of the page.
import { createRequire } from "node:module";

const [modules, executablePath, url] = process.argv.slice(2);
const { chromium } = createRequire(modules + "/")("playwright-core");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
const messages = [];
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) messages.push(message.text());
});
await page.goto(url, { waitUntil: "load" });
const session = await page.context().newCDPSession(page);
const manifest = await session.send("Page.getAppManifest");
const problems = await session.send("Page.getInstallabilityErrors");
const widths = await page.$$eval("img", (images) => images.map((image) => image.naturalWidth));
console.log(JSON.stringify({ manifest, problems, widths, messages }));
await browser.close();
