import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ip } from "../../src/net/ip.ts";
import { millis, seconds } from "../../src/net/time.ts";
import { wire } from "../../src/sim/wiring.ts";
import { multicastTransport, PLAIN_ELECTION, type RouterSettings } from "../../src/vrrp/settings.ts";

/** A router that speaks on one interface and has an address on each of these. */
function router(name: string, own: string, ...arms: string[]): RouterSettings {
  return {
    name,
    vrid: 51,
    interface: own,
    transport: multicastTransport(4),
    interval: millis(100),
    priority: 100,
    preempt: true,
    ...PLAIN_ELECTION,
    addresses: arms.map((arm, index) => {
      return { address: ip(`192.0.2.${100 + index}`), prefixLength: 32, interface: arm };
    }),
    stopTimeout: seconds(10),
  };
}

function wired(...directors: RouterSettings[][]): string[] | string {
  const files = directors.map((routers, index) => ({ name: `lb${index + 1}`, routers }));
  const wiring = wire(1, files);
  if (wiring.kind === "impossible") return wiring.reason;
  return wiring.layout.directors.flatMap(({ name, interfaces }) => {
    return interfaces.map((one) => `${name} ${one.name} on ${one.network}`);
  });
}

describe("the wiring of a cluster file", () => {
  it("puts what carries the same on one switch, whatever it is called", () => {
    assert.deepEqual(
      wired([router("front", "eth0", "eth0", "eth1")], [router("front", "ens3", "ens3", "ens4")]),
      ["lb1 eth0 on eth0", "lb1 eth1 on eth1", "lb2 ens3 on eth0", "lb2 ens4 on eth1"],
    );
  });

  it("joins switches that turn out to be one", () => {
    const crossed = wired(
      [router("front", "eth0", "eth0"), router("back", "eth1", "eth1")],
      [router("front", "eth0", "eth0"), router("back", "eth0", "eth0")],
    );
    assert.equal(crossed, "eth0 and eth1 of lb1 would hang on one switch, by the routers that use them");
  });
});
