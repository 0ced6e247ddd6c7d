import { describe } from "node:test";
import { ALL, checkIssues } from "../support.ts";

describe("announcements", () => {
  checkIssues([
    ["as slow as they may be", `${ALL}[announce]\npace = "1s"\nrefresh = "2s"\n`],
    [
      "too slow to be refreshed so often",
      `${ALL}[announce]\npace = ^"1s"\nrefresh = "1s"\n`,
      "warning pace-too-slow",
    ],
    [
      "too slow in one router",
      `${ALL}[announce]\nrefresh = "1s"\n[routers.front.announce]\npace = ^"100ms"\nrepeat = 6\n`,
      "warning pace-too-slow",
    ],
    ["slow, but never refreshed", `${ALL}[announce]\npace = "1s"\nrefresh = "0s"\nrepeat = 20\n`],
    ["refreshed too often", `${ALL}[announce]\nrefresh = ^"500ms"\n`, "bad-duration"],
    ["in a burst that has no end", `${ALL}[announce]\nburst = ^[${'"1s", '.repeat(11)}]\n`, "too-many"],
    ["in keepalived's words", `${ALL}[announce]\n^garp_interval = 1\n`, "unknown-key"],
  ]);
});
