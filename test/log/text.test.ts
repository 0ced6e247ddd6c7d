import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatLine, printable } from "../../src/log/text.ts";

const LINE = {
  at: new Date(2026, 0, 2, 3, 4, 5, 67),
  level: "warn",
  process: "elector",
  message: "front: late",
} as const;

describe("a line on a terminal", () => {
  it("has time of day, level, process and sentence", () => {
    assert.equal(formatLine(LINE, false), "03:04:05.067 warn   elector  front: late\n");
  });

  it("has a colour that ends with it", () => {
    const line = formatLine(LINE, true);
    assert.equal(line, "\u001b[33m03:04:05.067 warn   elector  front: late\u001b[0m\n");
    assert.equal(formatLine({ ...LINE, level: "info" }, true).includes("\u001b"), false);
  });

  it("indents the further lines of a message", () => {
    const line = formatLine({ ...LINE, message: "refused:\nfile:1:1\r" }, false);
    assert.equal(line, "03:04:05.067 warn   elector  refused:\n    file:1:1\\x0d\n");
  });

  it("shows control characters instead of sending them to the terminal", () => {
    assert.equal(printable("a\u001b[2Jb\r\nc\u009b"), "a\\x1b[2Jb\\x0d\\x0ac\\x9b");
    assert.equal(printable("front: Backup → Master"), "front: Backup → Master");
  });
});
