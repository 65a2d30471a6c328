// Writes each picture of a folder in several widths and formats with sharp:
// srcset.mjs MODULES PLAN IN OUT AT_ONCE THREADS, where PLAN is JSON {widths, settings}. With
// AT_ONCE 0, each file is made by itself from the source, as sharp's examples do; else a picture is
// decoded once and scaled once for each width, and so many pictures are in hand at once.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

const [modules, plan, from, to, atOnce, threads] = process.argv.slice(2);
const sharp = createRequire(modules + "/")("sharp");
sharp.cache(false);
if (+threads) sharp.concurrency(+threads);
const { widths, settings } = JSON.parse(plan);
const formats = Object.entries(settings);

const written = (image, name, width, format, options) =>
  image[format](options).toFile(join(to, `${name}-${width}.${format === "jpeg" ? "jpg" : format}`));

async function together(path) {
  const name = basename(path, ".png");
  const whole = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  for (const width of widths) {
    const scaled = await sharp(whole.data, { raw: whole.info })
      .resize(width)
      .raw()
      .toBuffer({ resolveWithObject: true });
    for (const [format, options] of formats)
      await written(sharp(scaled.data, { raw: scaled.info }), name, width, format, options);
  }
}

async function apart(path) {
  const name = basename(path, ".png");
  const image = sharp(path);
  await Promise.all(
    widths.flatMap((width) =>
      formats.map(([format, options]) =>
        written(image.clone().resize(width), name, width, format, options),
      ),
    ),
  );
}

const paths = readdirSync(from).map((file) => join(from, file));
const lane = async () => {
  for (let path; (path = paths.shift()); ) await (+atOnce ? together : apart)(path);
};
await Promise.all(Array.from({ length: +atOnce || 1 }, lane));
