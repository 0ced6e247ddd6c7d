import assert from "node:assert/strict";
import compiler from "toml/lib/compiler.js";
import parser from "toml/lib/parser.js";
import { readToml } from "../../src/config/toml.ts";
import { fuzz } from "../support/fuzz.ts";
import { filesUnder, readSource } from "../support/modules.ts";

/** What the examples do not have. */
const RARE = [
  'a = """\nx\\\n  y"""\nb = \'\'\'\n"z\'\'\'\'\n"c d" = \'e\\\'\nf = "\\u00e9\\x41\\e\\t"\n',
  "a = [1_000, 0x1F, 0o17, 0b11, -0, +7,\n # more\n 9007199254740991]\nb = [1.5, 6e3, -2.5E-1, inf, -nan]\n",
  "[a]\nb.c = 1\nb.d = 2\n[a.e]\n[[a.f]]\ng = {}\n[[a.f]]\ng = { h = { i.j = [[], {}] } }\n[a.f.k]\n",
  "a = 2020-01-01\nb = [07:32:00, 1979-05-27T07:32:00.9]\nc = 1979-05-27 07:32:00-07:00\n",
  "[[a]]\r\nb = { c = true,\n  d = false, }\r\n[a.__proto__]\nconstructor = 1\n",
];
const LONGEST = 200;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const examples = filesUnder(["examples"], /\.toml$/).map(readSource);
/** Tables by themselves: it is of short texts that much is left. */
const tables = examples.flatMap((text) => text.split(/^(?=\[)/m)).filter(({ length }) => length < LONGEST);
const seeds = [...tables, ...RARE].map((text) => encoder.encode(text));

fuzz("readToml, which agrees with the package that knows places", seeds, (bytes) => {
  const text = decoder.decode(bytes);
  const result = readToml(text, "f");
  // That package's own word.
  if (result.kind === "bad") return;
  // Both are of plain objects, with a prototype or without.
  assert.deepEqual(
    structuredClone(result.value),
    structuredClone(compiler.compile(parser.parse(text), text)),
    text,
  );
});
