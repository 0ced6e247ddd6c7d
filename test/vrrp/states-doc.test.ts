import { it } from "node:test";
import { printStates } from "../support/print-states.ts";
import { assertPrinted } from "../support/printed-page.ts";

it("docs/states.md is the transition table", () => {
  assertPrinted("docs/states.md", printStates());
});
