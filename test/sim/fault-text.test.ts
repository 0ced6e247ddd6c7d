import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { millis, seconds } from "../../src/net/time.ts";
import { type Cast, FORMS, parseFault } from "../../src/sim/fault-text.ts";
import { readSource } from "../support/modules.ts";

const CAST: Cast = {
  nodes: ["lb1", "lb2", "lb3"],
  interfacesOf: (node) => (node === "lb1" ? ["eth0", "eth1"] : ["ens3"]),
  tracks: ["upstream"],
};

describe("a fault in words", () => {
  const good: [string, object][] = [
    ["at=12s drill lb1", { kind: "drill", node: "lb1" }],
    ["stop lb2 at=12s", { kind: "stop", node: "lb2", length: seconds(10), readyAfter: millis(1) }],
    [
      "at=12s kill lb1 for=5s",
      { kind: "kill-everything", node: "lb1", length: seconds(5), readyAfter: millis(1) },
    ],
    [
      "at=12s link lb1 eth1 for=1.5s",
      { kind: "link-down", node: "lb1", interface: "eth1", length: millis(1_500) },
    ],
    ["at=12s cut lb1 lb2", { kind: "cut", from: "lb1", to: "lb2", length: seconds(10) }],
    ["at=12s cut6 lb1 lb2", { kind: "cut", from: "lb1", to: "lb2", adverts: 6, length: seconds(10) }],
    ["at=12s part lb1+lb3", { kind: "partition", island: ["lb1", "lb3"], length: seconds(10) }],
    [
      "at=12s track lb3 upstream",
      { kind: "track-down", node: "lb3", track: "upstream", length: seconds(10) },
    ],
  ];
  for (const [text, fault] of good) {
    it(`"${text}" is one`, () => {
      assert.deepEqual(parseFault(text, CAST), { kind: "fault", at: seconds(12), fault });
    });
  }

  const bad: [string, string][] = [
    ["at=12s kil lb1", 'unknown fault "kil" (did you mean kill?)'],
    ["", `unknown fault "" (known are: ${Object.keys(FORMS).join(", ")})`],
    ["at=1s toString lb1", `unknown fault "toString" (known are: ${Object.keys(FORMS).join(", ")})`],
    ["kill lb1", "says not when (write for example at=12s)"],
    ["at=soon kill lb1", "has a bad time (write 250ms, 1.5s or 2m, once)"],
    ["at=1s at=2s kill lb1", "has a bad time (write 250ms, 1.5s or 2m, once)"],
    ["at=1s kill lb1 for=ever", "has a bad time (write 250ms, 1.5s or 2m, once)"],
    ["at=1s kill lb1 until=9s", "unknown option until=9s (there are at= and for=)"],
    ["at=1s drill lb1 for=9s", "drill is over at once (leave for= out)"],
    ["at=1s kill", "kill takes other words (kill NODE)"],
    ["at=1s cut lb1", "cut takes other words (cut NODE NODE)"],
    ["at=1s kill lb9", "lb9 is no director (did you mean lb1?)"],
    ["at=1s part lb1+web", "web is no director (known are: lb1, lb2, lb3)"],
    ["at=1s link lb2 eth1", "eth1 is no interface of lb2 (known are: ens3)"],
    ["at=1s track lb1 downstream", "downstream is no track that is reported (known are: upstream)"],
    ["at=1s lose 0", "0 is no share (1 to 100 per cent)"],
    ["at=1s lose most", "most is no share (1 to 100 per cent)"],
  ];
  for (const [text, reason] of bad) {
    it(`"${text}" is none, and says why`, () => {
      assert.deepEqual(parseFault(text, CAST), { kind: "wrong", reason });
    });
  }

  it("is in the manual, whichever it is, with its words and its meaning", () => {
    const manual = readSource("docs/simulate.md");
    for (const [name, { operands, meaning }] of Object.entries(FORMS)) {
      const row = `| \`${[name, ...operands].join(" ")}\` | ${meaning} |`;
      assert.ok(manual.includes(row), row);
    }
  });
});
