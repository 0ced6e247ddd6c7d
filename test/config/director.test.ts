import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findDirector, type Host } from "../../src/config/director.ts";
import { ip } from "../../src/net/ip.ts";
import { ALL, clusterOf } from "./support.ts";

const OWN = [ip("127.0.0.1"), ip("192.0.2.11")];

function answer(host: Host, text = ALL): string {
  const result = findDirector(clusterOf(text), host);
  return result.kind === "found" ? result.director : `${result.issue.code}: ${result.issue.hint}`;
}

describe("a host finds itself", () => {
  const long = ALL.replaceAll("lb1", '"lb1.example.com"')
    .replace("[directors.lb2]", '[directors."lb2.example.com"]')
    .replace("lb2 = 100", '"lb2.example.com" = 100');
  const cases: [string, Host, string][] = [
    ["by its name", { hostName: "lb1" }, "lb1"],
    ["by its name with a domain", { hostName: "lb2.example.com" }, "lb2"],
    ["by its name in capitals", { hostName: "LB1" }, "lb1"],
    ["by its name, and has its address", { hostName: "lb1", addresses: OWN }, "lb1"],
    ["by --node", { hostName: "anything", node: "lb2" }, "lb2"],
  ];
  for (const [name, host, expected] of cases) it(name, () => assert.equal(answer(host), expected));

  it("by its short name, when the file has domains", () => {
    assert.equal(answer({ hostName: "lb1" }, long), "lb1.example.com");
    assert.equal(answer({ hostName: "lb1.example.com" }, long), "lb1.example.com");
  });
});

describe("a host is no director", () => {
  const known = "known are: lb1, lb2";
  const cases: [string, Host, string][] = [
    ["by its name", { hostName: "web7" }, `unknown-director: ${known}`],
    ["by --node, whatever its name", { hostName: "lb1", node: "lb9" }, `unknown-director: ${known}`],
    [
      "by a part of a name for --node",
      { hostName: "lb1", node: "lb1.example.com" },
      `unknown-director: ${known}`,
    ],
    [
      "but has a director's address",
      { hostName: "web7", addresses: OWN },
      `unknown-director: by its address it is lb1: --node lb1; ${known}`,
    ],
    [
      "with another one's address",
      { hostName: "lb2", addresses: OWN },
      "director-address-missing: by its address it is lb1: --node lb1",
    ],
    [
      "without its address",
      { hostName: "lb2", addresses: [] },
      "director-address-missing: give the address to this host, or correct [directors.lb2]",
    ],
    ["by a name that JavaScript knows", { hostName: "constructor" }, `unknown-director: ${known}`],
  ];
  for (const [name, host, expected] of cases) it(name, () => assert.equal(answer(host), expected));

  it("by a short name that two share", () => {
    const text = ALL.replaceAll("lb1", '"lb.a"')
      .replace("[directors.lb2]", '[directors."lb.b"]')
      .replace("lb2 = 100", '"lb.b" = 100');
    assert.match(answer({ hostName: "lb" }, text), /unknown-director/);
  });
});
