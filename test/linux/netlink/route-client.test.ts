/** The clients of rtnetlink against the real kernel, in a namespace of their own. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { RouteClient } from "../../../src/linux/netlink/route-client.ts";
import { RouteMonitor } from "../../../src/linux/netlink/route-monitor.ts";
import { type IpAddress, ip } from "../../../src/net/ip.ts";
import type { AddressInfo } from "../../../src/netlink/address.ts";
import type { RouteChange } from "../../../src/netlink/change.ts";
import { labSkip } from "../../support/lab.ts";
import { destroyNamespaces, ipBatch, namespacePath } from "../../support/namespaces.ts";
import { atExit } from "../../support/teardown.ts";
import { until } from "../../support/until.ts";

const NAMESPACE = `kl-${process.pid}-route`;
const PATH = namespacePath(NAMESPACE);
const vip = ip("192.0.2.100");
const vip6 = ip("2001:db8::100");

describe("rtnetlink", { skip: labSkip() }, () => {
  let client: RouteClient;
  let index = 0;

  before(async () => {
    atExit(() => destroyNamespaces([NAMESPACE]));
    await ipBatch([`netns add ${NAMESPACE}`]);
    await ipBatch(
      [
        "link add name eth0 address 02:00:00:00:00:0a mtu 1400 type veth peer name peer0",
        "link set peer0 addrgenmode none up",
        "link set eth0 addrgenmode none up",
        "addr add 192.0.2.1/24 dev eth0",
      ],
      NAMESPACE,
    );
    client = new RouteClient(PATH);
    index = client.links().find(({ name }) => name === "eth0")?.index ?? 0;
  });

  after(() => {
    client.close();
    destroyNamespaces([NAMESPACE]);
  });

  const found = (address: IpAddress): AddressInfo | undefined =>
    client.addresses().find((one) => one.address === address);

  it("lists links", async () => {
    // The kernel notices the carrier a little later than it is there.
    const link = await until("link that is up", () =>
      client.links().find(({ name, up }) => name === "eth0" && up),
    );
    assert.deepEqual([link.mac, link.mtu], ["02:00:00:00:00:0a", 1_400]);
    assert.deepEqual(
      client
        .links()
        .map(({ name }) => name)
        .sort(),
      ["eth0", "lo", "peer0"],
    );
  });

  it("adds floating addresses, and tells ours and their lifetimes", () => {
    const added = client.addAddresses([
      { interfaceIndex: index, address: vip, prefixLength: 32, validSeconds: 60 },
      { interfaceIndex: index, address: ip("192.0.2.101"), prefixLength: 24 },
      { interfaceIndex: index, address: vip6, prefixLength: 128, validSeconds: 60 },
    ]);
    assert.deepEqual(added, [undefined, undefined, undefined]);
    const four = found(vip);
    assert.deepEqual([four?.family, four?.prefixLength, four?.scope, four?.secondary], [4, 32, 0, false]);
    assert((four?.validSeconds ?? 0) > 50);
    const inside = found(ip("192.0.2.101"));
    assert.deepEqual([inside?.secondary, inside?.validSeconds], [true, undefined]);
    const six = found(vip6);
    assert.deepEqual([six?.tentative, six?.deprecated], [false, true]);
    assert.notEqual(found(ip("192.0.2.1"))?.protocol, 75);
    // Kernels before 5.18 keep no protocol.
    assert(four?.protocol === 75 || four?.protocol === undefined);
  });

  it("renews a lifetime by adding again", () => {
    for (const [address, prefixLength] of [
      [vip, 32],
      [vip6, 128],
    ] as const) {
      const renewed = { interfaceIndex: index, address, prefixLength, validSeconds: 3_600 };
      assert.deepEqual(client.addAddresses([renewed]), [undefined]);
      assert((found(address)?.validSeconds ?? 0) > 3_000);
    }
  });

  it("goes on after a refusal, with an outcome for each address", () => {
    const batch = Array.from({ length: 200 }, (_, number) => ({
      interfaceIndex: number === 100 ? 9_999 : index,
      address: ip(`198.51.100.${number}`),
      prefixLength: number === 150 ? 33 : 32,
    }));
    const outcomes = client.addAddresses(batch);
    const refused = outcomes.flatMap((refusal, number) =>
      refusal === undefined ? [] : [[number, refusal.code]],
    );
    assert.deepEqual(refused, [
      [100, "ENODEV"],
      [150, "EINVAL"],
    ]);
    assert.equal(outcomes[100]?.call, "RTM_NEWADDR");
    const present = client.addresses().filter(({ address }) => address.startsWith("198.51.100."));
    assert.equal(present.length, 198);
    assert(
      client.deleteAddresses(batch.filter((_, number) => number !== 150)).every((one) => one === undefined),
    );
    assert.equal(client.addresses().filter(({ address }) => address.startsWith("198.51.100.")).length, 0);
  });

  it("tells the kernel's own reason", () => {
    const [refusal] = client.addAddresses([{ interfaceIndex: index, address: vip, prefixLength: 33 }]);
    assert.match(refusal?.text ?? "", /\w/);
    assert.equal(refusal?.errno, 22);
  });

  it("deletes exactly what it is told, and twice is no failure", () => {
    assert.deepEqual(client.deleteAddresses([{ interfaceIndex: index, address: vip, prefixLength: 24 }]), [
      undefined,
    ]);
    assert.notEqual(found(vip), undefined);
    const keys = [
      { interfaceIndex: index, address: vip, prefixLength: 32 },
      { interfaceIndex: index, address: vip6, prefixLength: 128 },
    ];
    assert.deepEqual(client.deleteAddresses(keys), [undefined, undefined]);
    assert.deepEqual([found(vip), found(vip6)], [undefined, undefined]);
    assert.deepEqual(client.deleteAddresses(keys), [undefined, undefined]);
  });

  it("tells when the kernel takes what is sent to an address: with IPv6, a little after it was added", async () => {
    const keys = [vip6, ip("fe80::100")].map((address) => ({
      interfaceIndex: index,
      address,
      prefixLength: 64,
    }));
    assert.deepEqual(client.serves(keys), [false, false]);
    client.addAddresses(keys);
    await until("the routes", () => client.serves(keys).every(Boolean));
    client.deleteAddresses(keys);
    assert.deepEqual(client.serves(keys), [false, false]);
  });

  it("hears of addresses and links that come, change and go", async () => {
    const heard: RouteChange[] = [];
    const monitor = new RouteMonitor(() => heard.push(...monitor.drain().changes), PATH);
    const one = (kind: string) =>
      until(kind, () => heard.find((change) => change.kind === kind), {
        explain: () => JSON.stringify(heard),
      });
    try {
      const key = { interfaceIndex: index, address: vip, prefixLength: 32 };
      client.addAddresses([key]);
      const come = await one("address");
      assert(come.kind === "address" && come.address.address === vip);
      client.deleteAddresses([key]);
      const gone = await one("address-gone");
      assert(gone.kind === "address-gone" && gone.address.interfaceIndex === index);
      await ipBatch(["link set peer0 down"], NAMESPACE);
      await until("carrier loss", () =>
        heard.some((change) => change.kind === "link" && isDown(change, "eth0")),
      );
      await ipBatch(["link delete eth0"], NAMESPACE);
      const left = await until("the end of eth0", () =>
        heard.find((change) => change.kind === "link-gone" && change.index === index),
      );
      assert.equal(left.kind, "link-gone");
      assert.deepEqual(
        client.addAddresses([key]).map((refusal) => refusal?.code),
        ["ENODEV"],
      );
      assert.deepEqual(client.deleteAddresses([key]), [undefined]);
    } finally {
      monitor.close();
    }
  });
});

function isDown(change: RouteChange, name: string): boolean {
  return change.kind === "link" && change.link.name === name && !change.link.up;
}
