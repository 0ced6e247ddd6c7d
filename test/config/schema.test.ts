import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isTable, knownKeys, valueAt } from "../../src/config/known.ts";
import { clusterJsonSchema } from "../../src/config/schema.ts";
import { filesUnder, readModule, readSource } from "../support/modules.ts";

describe("the JSON Schema", () => {
  const schema = clusterJsonSchema();

  it("refuses unknown keys in every table", () => {
    const open: string[] = [];
    const look = (value: unknown, path: string): void => {
      if (!isTable(value)) return;
      if (isTable(value["properties"]) && value["additionalProperties"] !== false) open.push(path);
      for (const [key, inside] of Object.entries(value)) look(inside, `${path}/${key}`);
    };
    look(schema, "");
    assert.deepEqual(open, []);
  });

  it("says what is required, and what is otherwise", () => {
    assert.deepEqual(schema["required"], ["cluster", "directors"]);
    const router = valueAt(schema, ["properties", "routers", "additionalProperties"]);
    assert.deepEqual(valueAt(router, ["required"]), ["vrid", "priority", "addresses"]);
    assert.equal(valueAt(router, ["properties", "interval", "default"]), "1s");
    assert.equal(valueAt(router, ["properties", "vrid", "maximum"]), 255);
  });

  it("has patterns that agree with the examples beside them", () => {
    let examples = 0;
    const look = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(look);
      if (!isTable(value)) return;
      Object.values(value).forEach(look);
      const { pattern, examples: list } = value;
      if (typeof pattern !== "string" || !Array.isArray(list)) return;
      for (const example of list) assert.match(String(example), new RegExp(pattern), pattern);
      examples += list.length;
    };
    look(schema);
    assert(examples > 10);
  });
});

describe("docs/cluster-file.md", () => {
  const text = readSource("docs/cluster-file.md");

  it("has every key of every table, and no other", () => {
    const expected = [...knownKeys()]
      .filter(([table]) => table !== "")
      .map(([table, keys]) => {
        const kind = table
          .replace(/^(?:routers\.\*|static|directors\.\*\.static)\.(\w+)(\.\*)?$/, "$1")
          .replace(/^ipvs\.(timeouts)$/, "$1")
          .replace(/^services\.\*\.(?:servers\.\*\.)?check(\.\*)?$/, "services.*.check")
          .replace(
            /^services\.\*\.(?:servers\.\*\.|sorry_server\.|listen\.\*\.)?(listen|match|persistence|panic|quorum|sorry_server|tunnel)(\.\*)?$/,
            "$1",
          );
        return `${kind}: ${[...keys].sort().join(" ")}`;
      });
    // What stands in several tables is written once.
    assert.deepEqual(documented(text).sort(), [...new Set(expected)].sort());
  });

  it("has every code of the rules", () => {
    const files = [...filesUnder(["src/config/rules"], /\.ts$/), "src/config/cross-check.ts"];
    const strings = files.flatMap((file) => readModule(file).tokens.filter(({ kind }) => kind === "string"));
    const codes = strings.map((token) => token.text).filter((word) => /^[a-z]+(-[a-z]+)+$/.test(word));
    const rows = [...text.matchAll(/^\| `([a-z-]+)` \| (?:error|warning) \|/gm)].map(([, code]) => code);
    assert.deepEqual(rows.sort(), [...new Set(codes)].sort());
  });
});

/** `routers.*: addresses interface …` for each heading or sentence that a table of keys follows. */
function documented(text: string): string[] {
  const tables: string[] = [];
  let kind = "";
  let keys: string[] = [];
  const close = () => {
    if (keys.length > 0) tables.push(`${kind}: ${keys.sort().join(" ")}`);
    keys = [];
  };
  for (const line of text.split("\n")) {
    const heading = /^## \[?([\w.]*)/.exec(line)?.[1];
    const sentence = /^In a table of `(\w+)`/.exec(line)?.[1];
    if (line === "") close();
    kind = heading?.replaceAll("NAME", "*") ?? sentence ?? kind;
    const key = /^\| `(\w+)` \|/.exec(line)?.[1];
    if (key !== undefined) keys.push(key);
  }
  close();
  return tables;
}
