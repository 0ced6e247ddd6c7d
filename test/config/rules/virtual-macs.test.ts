import { describe } from "node:test";
import { but, checkIssues, DIRECTORS, ROUTER } from "../support.ts";

const PAIR = DIRECTORS + ROUTER;
const VIRTUAL = `${PAIR}mac = "virtual"`;

function second(vrid: number, more: string, address = "192.0.2.101"): string {
  return `
[routers.back]
vrid = ${vrid}
interval = "100ms"
priority = { lb1 = 150, lb2 = 100 }
addresses = ["${address}"]
${more}
`;
}

describe("a virtual MAC address", () => {
  checkIssues([
    ["needs one word", VIRTUAL],
    ["is not the default, which has a word, too", `${PAIR}mac = "interface"`],
    ["with a table", `${PAIR}mac = { type = "virtual", interface = "vip0", adverts_from = "parent" }`],
    ["is one of two", `${PAIR}mac = ^"vmac"`, "unknown-value"],
    ["of a table is virtual", `${PAIR}mac = { type = ^"interface" }`, "unknown-value"],
    ["has an unknown key", `${PAIR}mac = { type = "virtual", ^name = "vip0" }`, "unknown-key"],
    [
      "has a name that is too long",
      `${PAIR}mac = { type = "virtual", interface = ^"a-name-too-long!" }`,
      "bad-interface",
    ],
    ["in both families with one VRID", `${VIRTUAL}${second(51, 'mac = "virtual"', "2001:db8::101")}`],
    [
      "with one VRID on two interfaces",
      `${VIRTUAL}${second(51, 'interface = "eth9"\nmac = ^"virtual"')}`,
      "virtual-interface-taken",
    ],
    [
      "with one VRID on two interfaces, and a name for one",
      `${VIRTUAL}${second(51, 'interface = "eth9"\nmac = { type = "virtual", interface = "vip9" }')}`,
    ],
    [
      "with the name of another arm",
      `${PAIR}mac = ^{ type = "virtual", interface = "eth1" }`,
      "virtual-interface-taken",
    ],
    [
      "with the name of its own interface",
      `${PAIR}mac = ^{ type = "virtual", interface = "eth0" }`,
      "virtual-interface-taken",
    ],
    ["with unicast", `${VIRTUAL}\nunicast = true`],
    [
      "with unicast adverts from it",
      `${PAIR}unicast = true\nmac = { type = "virtual", adverts_from = ^"virtual" }`,
      "virtual-adverts-with-unicast",
    ],
    [
      "of an address's owner",
      but('["192.0.2.100"', '[^"192.0.2.11"', but("lb1 = 150", "lb1 = 255", VIRTUAL)),
      "virtual-mac-of-owner",
    ],
  ]);
});
