// Run with `node --test`; UNSKEW names the program, if it is not on PATH.

const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const { join } = require("node:path");
const { test } = require("node:test");

const program = join(__dirname, "unskew-strategy-top");

test("it keeps the laws", () => {
  const told = execFileSync(process.env.UNSKEW ?? "unskew", ["plugin", "test", program]);
  assert.match(told.toString(), /keeps the laws/);
});
