import assert from "node:assert/strict";
import { it } from "node:test";
import type { Path } from "../../src/config/issue.ts";
import { Positions } from "../../src/config/positions.ts";
import { sourceNodes } from "../../src/config/toml.ts";

const TEXT = `# The parser's positions are undocumented: this test holds their shape.
top = 1
[a.b]
key = "value"
c.d = [1, { e = 2 }]
  [ 'q.r' . "s" ]
x = """
text"""
[[list]]
n = 1
[[list]]
n = 2
[list.inner]
m = { o.p = 3 }
`;

function positions(about?: readonly Path[]): Positions {
  return new Positions(sourceNodes(TEXT), TEXT, about);
}

const CASES: [Path, "key" | "value", string][] = [
  [["top"], "key", "2:1"],
  [["top"], "value", "2:7"],
  [["a"], "key", "3:1"],
  [["a", "b"], "key", "3:1"],
  [["a", "b", "key"], "value", "4:7"],
  [["a", "b", "c"], "key", "5:1"],
  [["a", "b", "c", "d"], "value", "5:7"],
  [["a", "b", "c", "d", 0], "value", "5:8"],
  [["a", "b", "c", "d", 1], "value", "5:11"],
  [["a", "b", "c", "d", 1, "e"], "key", "5:13"],
  [["a", "b", "c", "d", 1, "e"], "value", "5:17"],
  [["q.r", "s"], "key", "6:3"],
  [["q.r", "s", "x"], "value", "7:5"],
  [["list", 0, "n"], "key", "10:1"],
  [["list", 1, "n"], "value", "12:5"],
  [["list", 1, "inner", "m", "o", "p"], "value", "14:13"],
];

for (const [path, at, place] of CASES) {
  it(`the ${at} of ${path.join(".")} is at ${place}`, () => {
    for (const about of [undefined, [path], [path, ["top"]]]) {
      const found = positions(about).find(path, at);
      assert.equal(`${found?.line}:${found?.column}`, place);
    }
  });
}

it("what is not there is reported where it should be", () => {
  const found = positions();
  assert.deepEqual(found.of({ path: ["a", "b", "none"], at: "value" }), { line: 3, column: 1 });
  assert.deepEqual(found.of({ path: ["a", "b", "c", "d", 1, "none"], at: "key" }), { line: 5, column: 11 });
  assert.deepEqual(found.of({ path: ["none"], at: "key" }), { line: 0, column: 0 });
  assert.equal(found.find(["none"], "key"), undefined);
});

it("what nobody will ask for is left out", () => {
  assert.equal(positions([["list", 1, "n"]]).find(["list", 0, "n"], "key"), undefined);
});
