import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Interfaces } from "../../../src/linux/netlink/interfaces.ts";
import { ip } from "../../../src/net/ip.ts";
import { macFromBytes } from "../../../src/net/mac.ts";
import type { AddressInfo } from "../../../src/netlink/address.ts";
import type { LinkInfo } from "../../../src/netlink/link.ts";
import { virtualMac } from "../../../src/vrrp/virtual-link.ts";

const VIP = "10.0.0.100";

function link(index: number, name: string, up = true): LinkInfo {
  return {
    index,
    name,
    up,
    flags: up ? 0x41 : 0,
    mac: undefined,
    mtu: 1_500,
    type: undefined,
    parent: undefined,
  };
}

function address(text: string, interfaceIndex = 2, changes: Partial<AddressInfo> = {}): AddressInfo {
  const plain = { family: 4, scope: 0, secondary: false, deprecated: false, tentative: false } as const;
  return {
    ...plain,
    interfaceIndex,
    address: ip(text),
    prefixLength: 24,
    protocol: undefined,
    validSeconds: undefined,
    ...changes,
  };
}

function host(): Interfaces {
  const interfaces = new Interfaces();
  interfaces.setVirtual(new Set([`eth0 ${VIP}`]));
  interfaces.replace([link(2, "eth0")], [address("10.0.0.1")]);
  return interfaces;
}

describe("the host's interfaces", () => {
  test("a dump tells everything once", () => {
    const interfaces = new Interfaces();
    const links = [link(2, "eth0"), link(3, "eth1", false)];
    assert.deepEqual(interfaces.replace(links, [address("10.0.0.1")]), [
      { kind: "link", interface: "eth1", up: false },
      { kind: "address", interface: "eth0", address: "10.0.0.1", present: true },
      { kind: "source", interface: "eth0", family: 4, address: "10.0.0.1" },
      { kind: "link", interface: "eth0", up: true },
    ]);
    assert.deepEqual(interfaces.replace(links, [address("10.0.0.1")]), []);
  });

  test("a virtual address is present, but never the source of adverts", () => {
    const interfaces = host();
    assert.deepEqual(
      interfaces.apply([{ kind: "address", address: address(VIP, 2, { prefixLength: 32 }) }]),
      [{ kind: "address", interface: "eth0", address: VIP, present: true }],
    );
    assert.deepEqual(interfaces.apply([{ kind: "address-gone", address: address("10.0.0.1") }]), [
      { kind: "address", interface: "eth0", address: "10.0.0.1", present: false },
      { kind: "source", interface: "eth0", family: 4, address: undefined },
    ]);
  });

  for (const [title, second] of [
    ["an IPv6 address", address("2001:db8::1", 2, { family: 6 })],
    ["an address of link scope", address("169.254.0.1", 2, { scope: 253 })],
    ["a later one", address("10.0.0.9", 2, { secondary: true })],
  ] as const) {
    test(`${title} does not take the source's place`, () => {
      const inputs = host().apply([{ kind: "address", address: second }]);
      assert.deepEqual(
        inputs.filter((input) => input.kind === "source"),
        [],
      );
    });
  }

  test("the same address with two prefix lengths is gone only when both are", () => {
    const interfaces = host();
    const wide = address(VIP);
    const narrow = address(VIP, 2, { prefixLength: 32 });
    interfaces.apply([{ kind: "address", address: wide }]);
    interfaces.apply([{ kind: "address", address: narrow }]);
    assert.deepEqual(interfaces.apply([{ kind: "address-gone", address: wide }]), []);
    assert.equal(interfaces.apply([{ kind: "address-gone", address: narrow }]).length, 1);
  });

  test("an interface that goes takes its addresses along; the same name may come back with another index", () => {
    const interfaces = host();
    assert.deepEqual(interfaces.apply([{ kind: "link-gone", index: 2 }]), [
      { kind: "link", interface: "eth0", up: false },
      { kind: "address", interface: "eth0", address: "10.0.0.1", present: false },
      { kind: "source", interface: "eth0", family: 4, address: undefined },
    ]);
    assert.deepEqual(interfaces.apply([]), [], "and it is forgotten");
    interfaces.apply([{ kind: "link", link: link(9, "eth0") }]);
    assert.equal(interfaces.link("eth0")?.index, 9);
  });

  test("knows the MAC addresses of all its interfaces as its own", () => {
    const [own, other] = [1, 2].map((last) => macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, last)));
    assert(own !== undefined && other !== undefined);
    const interfaces = new Interfaces();
    const shared = virtualMac(51, 4);
    const virtual = { ...link(4, "vrrp.51"), mac: shared };
    interfaces.replace([link(2, "eth0"), { ...link(3, "eth1"), mac: own }, virtual], []);
    const isOwn = [own, other, shared].map((mac) => interfaces.isOwnMac(mac));
    assert.deepEqual(isOwn, [true, false, false]);
  });

  test("what came and went in one burst is no news", () => {
    const passing = address("10.0.0.7");
    const inputs = host().apply([
      { kind: "address", address: passing },
      { kind: "address-gone", address: passing },
    ]);
    assert.deepEqual(inputs, []);
  });

  test("a rescan after an overrun tells only what was missed", () => {
    const interfaces = host();
    assert.deepEqual(
      interfaces.replace([link(2, "eth0", false)], [address("10.0.0.1"), address("10.0.0.7")]),
      [
        { kind: "link", interface: "eth0", up: false },
        { kind: "address", interface: "eth0", address: "10.0.0.7", present: true },
      ],
    );
  });
});
