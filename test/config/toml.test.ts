import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readToml } from "../../src/config/toml.ts";

describe("what two parsers read in two ways is read as it is written", () => {
  const cases: [string, unknown][] = [
    ['a = """a\\\n""""', { a: 'a"' }],
    ['a = """b\r\nc"""', { a: "b\nc" }],
    ["a = '''b\r\nc'''", { a: "b\nc" }],
  ];
  for (const [text, value] of cases) {
    it(JSON.stringify(text), () => {
      const result = readToml(text, "f");
      assert.deepEqual(JSON.stringify(result), JSON.stringify({ kind: "ok", value }));
    });
  }
});

describe("what is not TOML is said in our words", () => {
  const cases: [string, string, string | undefined][] = [
    ["a = shop", "unexpected 's'", 'text needs quotes: "shop"'],
    ["a = 100ms # fast", "unexpected 'm'", 'text needs quotes: "100ms"'],
    ["a = [192.0.2.1]", "unexpected '.'", 'text needs quotes: "192.0.2.1"'],
    ["a =", "unexpected end of the file", "a value is missing after `=`"],
    ["a =\nb = 1", "unexpected end of the line", "a value is missing after `=`"],
    ['a = "b\nc = 1', "unexpected end of the line", "a quote is not closed"],
    ["[a\n", "unexpected end of the line", "the table's name needs a closing `]`"],
    ["a 1", "unexpected '1'", "a key is followed by `=` and its value"],
    ["a: 1", "unexpected ':'", "a key is followed by `=` and its value"],
    ["a = 1 b = 2", "unexpected 'b'", undefined],
    ["a = 1\u{1f600}", "unexpected '\u{1f600}'", 'text needs quotes: "1\u{1f600}"'],
    ["a = 99999999999999999999", "this number is too large", undefined],
    ['a = "\\q"', "invalid escape sequence", undefined],
    ["[a]\nb = 1\n[a]", "`a` is defined twice", "it is there already, in line 1"],
    ["a = { b = 1, b = 2 }", "`b` is defined twice", undefined],
    ["a = { b = 1 }\na.c = 2", "`a` is defined twice", "it is there already, in line 1"],
  ];
  for (const [text, message, hint] of cases) {
    it(JSON.stringify(text), () => {
      const result = readToml(text, "f");
      assert(result.kind === "bad");
      assert.equal(result.issue.message, message);
      assert.equal(result.issue.hint, hint);
    });
  }
});
