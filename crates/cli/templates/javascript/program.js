#!/usr/bin/env node
// Keeps the best share of each group.

const { readFileSync } = require("node:fs");

const manifest = {
  contract: 1,
  name: "{{name}}",
  version: "0.1.0",
  summary: "Keep the best share of each group",
  wire: "json",
  options: {
    type: "object",
    required: ["by", "score"],
    properties: {
      by: { type: "string", description: "What makes two rows the same kind." },
      score: { type: "string", description: "What is higher for better rows." },
      share: {
        type: "number",
        minimum: 0,
        maximum: 1,
        default: 0.5,
        description: "Which share of each kind to keep; the number of rows is rounded, halves up.",
      },
    },
  },
  example: {
    options: { by: "task", score: "reward" },
    rows: [{ task: "math", reward: 1 }, { task: "math", reward: 2 }, { task: "coding", reward: 0 }],
    chooses: [1, 2],
  },
};

/** The columns that `run` is to be given. */
function needs({ by, score }) {
  return { group: { groups: [by] }, score: { values: score }, luck: "priority" };
}

/** The positions of the rows to keep. */
function run({ share }, rows) {
  const groups = new Map();
  rows.forEach((row, position) => {
    if (!groups.has(row.group)) groups.set(row.group, []);
    groups.get(row.group).push({ ...row, position });
  });
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const best = (a, b) =>
    (a.score === null) - (b.score === null) || order(b.score, a.score) || order(a.luck, b.luck);
  const kept = (group) => group.sort(best).slice(0, Math.floor(group.length * share + 0.5));
  return [...groups.values()].flatMap(kept).map((row) => row.position).sort((a, b) => a - b);
}

/** Does what the program is called for: one of three words. */
function answer(word) {
  if (word === "describe") return [manifest];
  const told = readFileSync(0, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  if (word === "needs") return [{ needs: needs(told[0]) }];
  const [{ options }, ...rows] = told;
  return [{}, ...run(options, rows).map((position) => ({ position }))];
}

const lines = answer(process.argv[2]).map((line) => JSON.stringify(line) + "\n");
process.stdout.write(lines.join(""));
