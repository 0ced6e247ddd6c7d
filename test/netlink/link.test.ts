import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { macFromBytes } from "../../src/net/mac.ts";
import { AttributeWriter } from "../../src/netlink/attributes.ts";
import { HostWriter } from "../../src/netlink/host-bytes.ts";
import { addMacvlan, decodeLink, deleteLink, getLinks, setLinkUp } from "../../src/netlink/link.ts";
import { encodeRequest, type Message, type Request } from "../../src/netlink/message.ts";
import { fromHex, toHex } from "../support/golden.ts";
import { goldenBytes, goldenMessage } from "./golden.ts";

const NEWLINK = 16;
const IPPROTO_IPV6 = 41;

function linkMessage(flags: number, family = 0, type = NEWLINK): Message {
  const out = new HostWriter().u8(family).padTo(4).u32(3).u32(flags).u32(0);
  const attributes = new AttributeWriter(out).text(3, "eth0").u32(4, 1_500);
  const body = attributes.bytes(1, fromHex("02000000000a")).u8(16, 6).finish();
  return { type, flags: 0, sequence: 0, body };
}

describe("decodeLink", () => {
  it("reads name, index, address and MTU", () => {
    assert.deepEqual(decodeLink(linkMessage(0x11043)), {
      index: 3,
      name: "eth0",
      up: true,
      flags: 0x11043,
      mac: "02:00:00:00:00:0a",
      mtu: 1_500,
      type: undefined,
      parent: undefined,
    });
  });

  const flags = [
    ["up and running", 0x11043, true],
    ["up, but no carrier", 0x1003, false],
    ["down", 0x1002, false],
    ["running without being up", 0x1042, false],
  ] as const;
  for (const [name, bits, up] of flags) {
    it(`${name}: ${up ? "usable" : "not usable"}`, () => assert.equal(decodeLink(linkMessage(bits))?.up, up));
  }

  it("reads what another program asked the kernel for", () => {
    for (const name of ["rtnl-newlink-macvlan", "iproute2-newlink-macvlan"]) {
      const link = decodeLink(goldenMessage(name));
      const read = [link?.name, link?.mac, link?.type, link?.parent];
      assert.deepEqual(read, ["vrrp.51", "00:00:5e:00:01:33", "macvlan", 3]);
    }
  });

  it("reads what a tunnel over IPv6 takes", () => {
    const link = decodeLink(goldenMessage("rtnl-link-ip6tnl0"));
    assert.deepEqual([link?.name, link?.type, link?.innerProtocol], ["ip6tnl0", "ip6tnl", IPPROTO_IPV6]);
  });

  it("ignores bridge ports, other messages, and links without a name", () => {
    assert.equal(decodeLink(linkMessage(0x11043, 7)), undefined);
    assert.equal(decodeLink(linkMessage(0x11043, 0, 20)), undefined);
    assert.equal(decodeLink(goldenMessage("rtnl-link-up")), undefined);
  });

  it("reads no prefix of a message, unless only attributes at its end are missing", () => {
    const message = linkMessage(0x11043);
    for (let length = 0; length < message.body.length; length++) {
      const link = decodeLink({ ...message, body: message.body.subarray(0, length) });
      if (link !== undefined) assert.equal(link.name, "eth0");
      if (length < 25) assert.equal(link, undefined, `${length} bytes`);
    }
  });
});

describe("requests", () => {
  const written = (request: Request) => toHex(encodeRequest(request, 1));
  const golden = (name: string) => toHex(goldenBytes(name));

  it("make, raise and remove a macvlan as `ip link` does", () => {
    const mac = macFromBytes(fromHex("00005e000133"));
    assert.equal(
      written(addMacvlan({ name: "vrrp.51", mac, parent: 3 })),
      golden("iproute2-newlink-macvlan"),
    );
    assert.equal(written(setLinkUp(4)), golden("iproute2-link-up"));
    assert.equal(written(deleteLink(4)), golden("iproute2-dellink"));
  });
});

it("getLinks asks for all links, without statistics", () => {
  const hex = "2800000012000503010000000000000000000000000000000000000000000000 08001d0008000000";
  assert.equal(toHex(encodeRequest(getLinks(), 1)), hex.replace(" ", ""));
});
