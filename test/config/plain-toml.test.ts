import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "smol-toml";
import { readPlainToml } from "../../src/config/plain-toml.ts";
import { filesUnder, readSource } from "../support/modules.ts";

const PLAIN = [
  "",
  "\n# alone",
  "a = 1",
  "\ta-b_C = true # said\n\n  9\t=\tfalse",
  'a = "x # y = [\'z\']\té"\nb = \'"\'\nc = ""\n',
  "a = [1, 2,\n  # more\n  [ ], 999999999999999,\n]\nb = [\n]",
  "a = { b = { c = [{ d = 0 }] }, e = 1 }",
  "a = {}\n[b]\n[b.c.d]\nx = 1\n[b.c] # later\nx = 2\n[e.f]\n[e]",
  "[a]\nconstructor = 1\ntoString = 2\n[constructor.valueOf]",
];

/** Good or not: others have to say. */
const ELSE = [
  "a = -1",
  "a = +1",
  "a = 007",
  "a = 1_000",
  "a = 0x1F",
  "a = 1.5",
  "a = 1e3",
  "a = inf",
  "a = 1979-05-27",
  "a = 07:32:00",
  "a = 9999999999999999",
  "a = truely",
  "a = True",
  "a = 1 b = 2",
  "a = 1,",
  "a =\n1",
  "a\n= 1",
  "a",
  "= 1",
  "a.b = 1",
  '"a" = 1',
  "é = 1",
  'a = "\\n"',
  'a = "b',
  'a = "b\nc"',
  'a = """b"""',
  "a = '''b'''",
  "a = '''\nb'''",
  "a = 1\r\nb = 2",
  "a = 1 # \u0001",
  'a = "\u007f"',
  "\ufeffa = 1",
  "a = 1\na = 2",
  "a = [1 2]",
  "a = [,]",
  "a = [1",
  "a = { b = 1, }",
  "a = { b = 1,\n c = 2 }",
  "a = { b = 1, b = 2 }",
  "a = { b = 1",
  "a = { b }",
  "[a]\n[a]",
  "[a.b]\nc = 1\n[a]\nb = 2",
  "[a]\nb = 1\n[a.b]",
  "a = { b = 1 }\n[a.c]",
  "a = []\n[a.b]",
  "[[a]]",
  "[]",
  "[a",
  "[a] b = 1",
  "[ a ]",
  "[a.]",
  '["a"]',
  "[__proto__]\na = 1",
  "__proto__ = 1",
  "a = { __proto__ = {} }",
  `a = ${"[".repeat(30)}${"]".repeat(30)}`,
  `[${"a.".repeat(30)}a]`,
];

describe("TOML that is plain", () => {
  for (const text of [...PLAIN, ...filesUnder(["examples"], /\.toml$/).map(readSource)]) {
    it(`is read as by others: ${JSON.stringify(text.slice(0, 60))}`, () => {
      assert.equal(JSON.stringify(readPlainToml(text)), JSON.stringify(parse(text)));
    });
  }
});

describe("TOML that is not plain", () => {
  for (const text of ELSE) {
    it(`is left to others: ${JSON.stringify(text)}`, () => assert.equal(readPlainToml(text), undefined));
  }
});
