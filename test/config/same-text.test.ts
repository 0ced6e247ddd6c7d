import assert from "node:assert/strict";
import { it } from "node:test";
import { sameText } from "../../src/config/same-text.ts";

const FILE = '[cluster]\nname = "shop"\n';

const CASES: readonly (readonly [title: string, before: string, after: string, expected: boolean])[] = [
  ["the same", FILE, FILE, true],
  ["another value", FILE, FILE.replace("shop", "mail"), false],
  ["a comment more, and an empty line", FILE, `# new\n\n${FILE}  \t# é\tlast\n`, true],
  ["another comment", `# old\n${FILE}`, `# new\r\n${FILE}`, true],
  ["a comment behind a value", FILE, FILE.replace('"\n', '" # new\n'), false],
  ["a line that was a comment", `# vrid = 1\n${FILE}`, `vrid = 1\n${FILE}`, false],
  ["a comment that TOML refuses", FILE, `${FILE}# \u0000\n`, false],
  ["other ends of lines", FILE, FILE.replaceAll("\n", "\r\n"), true],
  ["a comment that ends in half an end of a line", FILE, `${FILE}#\r`, false],
  ["a carriage return within a comment", FILE, `${FILE}# a\rb\n`, false],
  ["what begins like a comment within a long text", 'a = """\n# 1\n"""', 'a = """\n# 2\n"""', false],
  ["the same within quotes of the other kind", "a = '''\n# 1\n'''", "a = '''\n# 2\n'''", false],
  ["a byte order mark behind a comment", `\uFEFF${FILE}`, `# new\n\uFEFF${FILE}`, false],
  ["what some call the end of a line, within a text", 'a = "\u2028# 1"', 'a = "\u2028# 2"', false],
];

for (const [title, before, after, expected] of CASES) {
  it(`${title}: ${expected ? "says the same" : "does not pass as the same"}`, () => {
    assert.equal(sameText(before, after), expected);
    assert.equal(sameText(after, before), expected);
  });
}
