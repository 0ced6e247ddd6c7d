import assert from "node:assert/strict";
import { it } from "node:test";
import { decodeChange } from "../../src/netlink/change.ts";
import { goldenMessage } from "./golden.ts";

const macvlan = goldenMessage("rtnl-newlink-macvlan");
const address = goldenMessage("rtnl-newaddr-v4-label");
const cases = [
  ["a link", macvlan, "link"],
  ["a link that went", { ...macvlan, type: 17 }, "link-gone"],
  ["an address", address, "address"],
  ["an address that went", { ...address, type: 21 }, "address-gone"],
  ["a route", { ...address, type: 24 }, undefined],
  ["a bridge port that left", { ...macvlan, type: 17, body: macvlan.body.with(0, 7) }, undefined],
] as const;

for (const [name, message, kind] of cases) {
  it(name, () => assert.equal(decodeChange(message)?.kind, kind));
}
