// Packs rectangles with free-tex-packer-core, without its reading and writing of pictures: takes
// {side, sets: {name: [[width, height], …]}} on standard input, and answers with a list of
// {set, packer, seconds, sheets: [[width, height], …]}. Each is packed twice, and the second time
// counts, since the first one compiles.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.argv[2] + "/");
const Processor = require("free-tex-packer-core/PackProcessor.js");
const { getPackerByType } = require("free-tex-packer-core/packers");
const Renderer = require("free-tex-packer-core/utils/TextureRenderer.js");

const { side, sets } = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const [set, sizes] of Object.entries(sets)) {
  for (const name of ["MaxRectsBin", "MaxRectsPacker"]) {
    const packer = getPackerByType(name);
    const options = {
      width: side,
      height: side,
      padding: 0,
      extrude: 0,
      allowRotation: true,
      allowTrim: false,
      detectIdentical: false,
      packer,
      packerMethod: packer.getMethodByType(packer.defaultMethod),
    };
    let seconds, sheets;
    for (let round = 0; round < 2; round++) {
      const images = Object.fromEntries(
        sizes.map(([width, height], n) => [String(n).padStart(6, "0"), { width, height }]),
      );
      const begin = process.hrtime.bigint();
      Processor.pack(images, options, (pages) => {
        sheets = pages.map((page) => Renderer.getSize(page, options));
      });
      seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    }
    answers.push({ set, packer: name, seconds, sheets: sheets.map((s) => [s.width, s.height]) });
  }
}
process.stdout.write(JSON.stringify(answers));
