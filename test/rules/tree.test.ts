import { it } from "node:test";
import { assertNone, filesUnder, readSource } from "../support/modules.ts";

/** Put together here, so that this file does not break its own rule. */
const BUILD_MACHINE = new RegExp(
  `(?<![\\w.])/(?:${["work", "home/\\w+", "root"].join("|")})/|\\bshared${"/"}`,
);
const OTHER_REGISTRY = /"resolved": "(?!https:\/\/registry\.npmjs\.org\/|packages\/)/;
const BINARY = /\.(png|ico|gz|xz|pcap|node)$/;

function offenders(pattern: RegExp, files: readonly string[]): string[] {
  return files.flatMap((file) =>
    readSource(file)
      .split("\n")
      .flatMap((line, index) =>
        pattern.test(line) ? [`${file}:${index + 1} ${line.trim().slice(0, 80)}`] : [],
      ),
  );
}

it("no file knows the machine that it was written on", () => {
  const files = filesUnder(["."], /./).filter((file) => !BINARY.test(file));
  assertNone(
    offenders(BUILD_MACHINE, files),
    "Name paths relative to the project, and sources by what anybody can find.",
  );
});

it("the lock file asks the public registry only", () => {
  assertNone(
    offenders(OTHER_REGISTRY, ["package-lock.json"]),
    "Write it again with the public registry configured.",
  );
});
