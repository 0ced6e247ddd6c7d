import { it } from "node:test";
import { assertPrinted } from "../support/printed-page.ts";
import { printEvents } from "./print-events.ts";

it("docs/events.md lists every kind of event", () => {
  assertPrinted("docs/events.md", printEvents());
});
