// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources of templates are what is looked at here
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closing, tokenize, tokenizeCode } from "../support/tokens.ts";

describe("tokenize", () => {
  const cases: [string, string, string[]][] = [
    ["words, numbers and marks", "a.b=0x1F+c2;", ["a", ".", "b", "=", "0x1F", "+", "c2", ";"]],
    ["private names", "this.#x", ["this", ".", "#x"]],
    ["marks of several characters", "a!==b??c=>d", ["a", "!==", "b", "??", "c", "=>", "d"]],
    ["ends of type arguments one by one", "A<B<C>>", ["A", "<", "B", "<", "C", ">", ">"]],
    ["a string with an escaped quote", `f("a\\"b as c")`, ["f", "(", 'a\\"b as c', ")"]],
    ["a comment in a string", `"// no" + 1`, ["// no", "+", "1"]],
    ["a string in a comment", `a /* "b */ c`, ["a", '/* "b */', "c"]],
    ["a regular expression", "x = /[/'\"]as/u;", ["x", "=", "/[/'\"]as/u", ";"]],
    ["a division", "a / b / c", ["a", "/", "b", "/", "c"]],
    ["a division after a bracket", "(a) / b[1] / 'x'", ["(", "a", ")", "/", "b", "[", "1", "]", "/", "x"]],
    ["a regular expression after return", "return /as/", ["return", "/as/"]],
    ["a template", "`a as b`+c", ["`a as b`", "+", "c"]],
    [
      "a template's expressions",
      "`a${{ b: `${c}` }}d`",
      ["`a${", "{", "b", ":", "`${", "c", "}`", "}", "}d`"],
    ],
    ["an escaped template", "`\\`$ \\${a`;", ["`\\`$ \\${a`", ";"]],
    ["a first line for the shell", "#!/usr/bin/env node\na", ["#!/usr/bin/env node", "a"]],
  ];
  for (const [name, source, expected] of cases) {
    it(name, () => {
      const texts = tokenize(source).map((token) => token.text);
      assert.deepEqual(texts, expected);
    });
  }

  it("counts lines", () => {
    const lines = tokenize("a\n/* \n\n */ b `\n` c").map((token) => token.line);
    assert.deepEqual(lines, [1, 2, 4, 4, 5]);
  });
});

it("closing finds the other bracket, templates or not", () => {
  const tokens = tokenizeCode("{ `${ { a } }` }; }");
  assert.equal(closing(tokens, 0, "{}"), 6);
  assert.equal(closing(tokens, 2, "{}"), 4);
});
