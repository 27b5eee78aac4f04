// Runs steps of Python in MicroPython's 32-bit WebAssembly port, and reports the live objects after each.
// Usage: node measure.mjs PORT FOLDER. stdin is a JSON list of texts, the steps. stdout is a JSON list with one text
// for each step: its output, then micropython.mem_info() and qstr_info(). The port collects garbage only between two
// calls, so each step makes several. Values that an older call has left on the stack count as references until
// something else overwrites them.
import fs from "fs";
import path from "path";
import { pathToFileURL } from "url";

const [port, folder] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(path.join(port, "micropython.mjs")).href);
let said = [];
const python = await loadMicroPython({
  heapsize: 1024 * 1024, linebuffer: true, stdout: (line) => said.push(line), stderr: (line) => said.push(line),
});

function copy(from, to) {
  python.FS.mkdir(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), to + "/" + entry.name];
    if (entry.isDirectory()) copy(source, target);
    else python.FS.writeFile(target, fs.readFileSync(source));
  }
}

copy(folder, "/measured");
const found = [];
for (const step of JSON.parse(fs.readFileSync(0, "utf8"))) {
  said = [];
  try {
    python.runPython(step);
  } catch (error) {
    console.error(error.message); // an uncaught error would print the whole source
    process.exit(1);
  }
  python.runPython("def deep(n):\n return n and deep(n - 1)\ndeep(30)");
  python.runPython("import gc\ngc.collect()");
  python.runPython("import micropython\nmicropython.mem_info()\nmicropython.qstr_info()");
  found.push(said.join("\n") + "\n");
}
console.log(JSON.stringify(found));
