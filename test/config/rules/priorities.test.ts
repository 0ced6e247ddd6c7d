import { describe } from "node:test";
import { but, checkIssues, DIRECTORS, ROUTER } from "../support.ts";

const given = (priority: string, interval = "100ms", more = "") =>
  but(
    '"100ms"',
    `"${interval}"`,
    but("priority = { lb1 = 150, lb2 = 100 }", priority, DIRECTORS + more + ROUTER),
  );
const THIRD = '[directors.lb3]\ninterface = "eth0"\n';

describe("priorities", () => {
  checkIssues([
    ["one for two directors", given("priority = ^100"), "equal-priorities"],
    ["the same twice", given("priority = { lb1 = 100, lb2 = ^100 }"), "equal-priorities"],
    ["two owners", given("priority = { lb1 = 255, lb2 = ^255 }"), "several-owners"],
    ["none for a director", given("priority = ^{ lb1 = 100 }"), "director-without-priority"],
    ["for a stranger", given("priority = { lb1 = 150, lb2 = 100, ^lb3 = 50 }"), "unknown-director"],
    [
      "for a mistyped one",
      given("priority = ^{ lb1 = 150, ^lb = 100 }"),
      "director-without-priority",
      "unknown-director",
    ],
    ["as a table of its own", given("priority.lb1 = 150\npriority.lb2 = 100")],
  ]);
});

describe("modes", () => {
  const mode = (text: string) => but("vrid", `${text}\nvrid`, DIRECTORS + ROUTER);
  checkIssues([
    ["one director observes", mode('mode = { lb2 = "observe" }')],
    ["all observe", mode('mode = ^"observe"'), "warning nobody-active"],
    [
      "all observe, one by one",
      mode('mode = ^{ lb1 = "observe", lb2 = "observe" }'),
      "warning nobody-active",
    ],
    ["of a stranger", mode('mode = { ^lb3 = "observe" }'), "unknown-director"],
  ]);
});

describe("priorities close together", () => {
  checkIssues([
    ["at 100 ms: 5", given("priority = { lb1 = 105, lb2 = ^100 }"), "warning priorities-close"],
    ["at 100 ms: 6", given("priority = { lb1 = 106, lb2 = 100 }")],
    ["at 10 ms: 50", given("priority = { lb1 = 150, lb2 = ^100 }", "10ms"), "warning priorities-close"],
    ["at 10 ms: 52", given("priority = { lb1 = 152, lb2 = 100 }", "10ms")],
    ["at 1 s: 1", given("priority = { lb1 = 101, lb2 = 100 }", "1s")],
    [
      "only the closest of several",
      given("priority = { lb1 = 100, lb2 = 98, lb3 = ^97 }", "100ms", THIRD),
      "warning priorities-close",
    ],
  ]);
});
