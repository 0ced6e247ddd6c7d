import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readCommandLine } from "../../src/control/command-line.ts";
import { helpText } from "../../src/control/help.ts";
import { isVerb, VERBS, type Verb } from "../../src/control/verbs.ts";

function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

describe("a command line", () => {
  it("gives a verb its options, and the fallbacks of the others", () => {
    const line = readCommandLine(words("run --node lb1 --config=./a.toml --strict"));
    assert.equal(line.kind, "verb");
    if (line.kind !== "verb") return;
    assert.equal(line.verb, "run");
    assert.deepEqual([...line.given.flags], ["strict"]);
    assert.deepEqual(Object.fromEntries(line.given.values), {
      node: "lb1",
      config: "./a.toml",
      "run-dir": "/run/keelson",
      "state-dir": "/var/lib/keelson",
    });
  });

  it("takes an operand anywhere after the verb, also one that looks like an option", () => {
    for (const text of ["check a.toml --node lb1", "check --node lb1 a.toml", "check --node=lb1 -- a.toml"]) {
      const line = readCommandLine(words(text));
      assert.equal(line.kind === "verb" ? line.given.operand : line.kind, "a.toml", text);
    }
    const dashed = readCommandLine(words("check -- --strict"));
    assert.equal(dashed.kind === "verb" ? dashed.given.operand : "", "--strict");
    const none = readCommandLine(["check"]);
    assert.equal(none.kind === "verb" ? none.given.operand : "", "/etc/keelson/cluster.toml");
  });

  it("asks for help or the version", () => {
    assert.deepEqual(readCommandLine(["--version"]), { kind: "version" });
    assert.deepEqual(readCommandLine(["--help"]), { kind: "help", topic: undefined });
    assert.deepEqual(readCommandLine(["-h"]), { kind: "help", topic: undefined });
    assert.deepEqual(readCommandLine(["run", "--strict", "-h"]), { kind: "help", topic: "run" });
  });

  it("knows verbs of two words, and asks for help where the second is missing", () => {
    const line = readCommandLine(words("ipvs show --json"));
    assert.deepEqual(line.kind === "verb" ? [line.verb, ...line.given.flags] : line, ["ipvs show", "json"]);
    for (const text of ["ipvs", "ipvs --help", "ipvs -h"]) {
      assert.deepEqual(readCommandLine(words(text)), { kind: "help", topic: "ipvs" });
    }
    const help = { kind: "help", topic: "ipvs save" };
    assert.deepEqual(readCommandLine(words("ipvs save --help")), help);
  });

  const wrong: [string, string][] = [
    ["", "keelson: say what to do (keelson --help lists the verbs)"],
    ["stauts", "keelson: unknown verb stauts (did you mean status?)"],
    ["frobnicate", "keelson: unknown verb frobnicate (keelson --help lists the verbs)"],
    ["ipvs shwo", "keelson: unknown verb ipvs shwo (did you mean ipvs show?)"],
    ["toString", "keelson: unknown verb toString (keelson --help lists the verbs)"],
    ["--vresion", "keelson: unknown option before the verb --vresion (did you mean --version?)"],
    ["--json status", "keelson: unknown option before the verb --json (keelson --help lists the verbs)"],
    ["status --jsno", "keelson status: unknown option --jsno (did you mean --json?)"],
    ["status --no-json", "keelson status: unknown option --no-json (did you mean --json?)"],
    ["status --hlep", "keelson status: unknown option --hlep (did you mean --help?)"],
    ["status -j", "keelson status: unknown option -j (keelson status --help)"],
    ["status --json=yes", "keelson status: --json takes no value (keelson status --help)"],
    ["status --json --json", "keelson status: --json is given twice (keelson status --help)"],
    ["run --node a --node b", "keelson run: --node is given twice (keelson run --help)"],
    ["run --node", "keelson run: --node needs a value: --node NAME (keelson run --help)"],
    ["run --node=", "keelson run: --node needs a value: --node NAME (keelson run --help)"],
    ["run --node --strict", "keelson run: --node needs a value: --node NAME (keelson run --help)"],
    ["drill now", "keelson drill: unexpected argument now (keelson drill --help)"],
    ["weight web/rs1 7 8", "keelson weight: unexpected argument 8 (keelson weight --help)"],
    ["check a b", "keelson check: unexpected argument b (keelson check --help)"],
  ];
  for (const [text, message] of wrong) {
    it(`"${text}" is wrong, and says how`, () => {
      assert.deepEqual(readCommandLine(words(text)), { kind: "wrong", message });
    });
  }
});

describe("help", () => {
  it("of a word that begins several verbs lists these", () => {
    const text = helpText("ipvs");
    assert.match(text, /^ {2}ipvs show /m);
    assert.doesNotMatch(text, /^ {2}status /m);
  });

  it("lists every verb", () => {
    for (const name of Object.keys(VERBS)) assert.match(helpText(undefined), new RegExp(`^  ${name} `, "m"));
  });

  for (const name of Object.keys(VERBS).filter(isVerb)) {
    it(`for ${name} lists its options, in lines that fit a terminal`, () => {
      const text = helpText(name);
      const verb: Verb = VERBS[name];
      for (const option of verb.options) assert.match(text, new RegExp(`^  --${option.name}\\b`, "m"));
      for (const line of text.split("\n")) assert.ok(line.length <= 120, line);
    });
  }
});
