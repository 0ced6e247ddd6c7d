/** What the kernel is told of floating addresses, as `ip` shows it, and what follows from it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pairFile, startDirector } from "../support/director-process.ts";
import { labSkip } from "../support/lab.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { INNER_VIP, portOf, VIP, VIP6 } from "../support/topology.ts";
import { until } from "../support/until.ts";

const floating = (label: string, deprecated: boolean) => [
  `{ address = "${VIP}", label = "${label}", scope = "link" }`,
  `{ address = "${INNER_VIP}/24", interface = "eth1", broadcast = true, prefix_route = false }`,
  `{ address = "${VIP6}/64", deprecated = ${deprecated}, home = true }`,
];

describe("floating addresses", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("carry what the file says of them, another label too, and are no source when they shall not be", async (context) => {
    const ip = async (...words: string[]) => JSON.parse(await lab().exec("d1", "ip", "-json", ...words));
    const shown = async (name: string, address: string) => {
      const [link] = await ip("address", "show", "dev", name);
      return link.addr_info.find((one: { readonly local?: string }) => one.local === address);
    };
    const sourceTo = async (address: string) => (await ip("-6", "route", "get", address))[0].prefsrc;
    const peer = portOf("d2", "outer").address6 ?? "";

    const file = (label: string, deprecated: boolean) => pairFile({ addresses: floating(label, deprecated) });
    const director = startDirector(context, lab(), "d1", file("eth0:one", false));
    await director.state("Master");
    await director.holds(true, VIP6);
    const four = await shown("eth0", VIP);
    assert.deepEqual([four.label, four.scope, four.prefixlen], ["eth0:one", "link", 32]);
    const inner = await shown("eth1", INNER_VIP);
    assert.deepEqual([inner.broadcast, inner.scope, inner.noprefixroute], ["192.168.1.255", "global", true]);
    assert.equal((await shown("eth0", VIP6)).home, true);
    // The kernel shows an IPv6 address some time before it uses it.
    await until("the source", async () => (await sourceTo(peer)) === VIP6);

    const before = director.transitions();
    director.write(file("eth0:two", true));
    assert.equal((await director.reload()).kind, "accepted");
    await until("the new label", async () => (await shown("eth0", VIP))?.label === "eth0:two");
    await until("the new source", async () => (await sourceTo(peer)) === portOf("d1", "outer").address6);
    assert.equal((await shown("eth0", VIP6)).deprecated, true);
    assert.deepEqual(director.transitions(), before);
  });
});
