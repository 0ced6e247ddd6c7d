import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ip } from "../../src/net/ip.ts";
import type { MacAddress } from "../../src/net/mac.ts";
import { instant } from "../../src/net/time.ts";
import { Client } from "../../src/sim/client.ts";
import { VirtualClock } from "../../src/sim/clock.ts";
import { BROADCAST, type Frame, hostMac } from "../../src/sim/frame.ts";
import { FAIR, Switch } from "../../src/sim/network.ts";
import { Random } from "../../src/sim/random.ts";

const VIP = ip("192.0.2.100");
const [A, B] = [hostMac(11, 0), hostMac(12, 0)];

function arp(sender: MacAddress, operation: "request" | "reply", destination = BROADCAST): Frame {
  const payload = { kind: "arp", operation, senderMac: sender, senderIp: VIP, targetIp: VIP } as const;
  return { source: sender, destination, payload };
}

function wire() {
  const clock = new VirtualClock();
  const net = new Switch(clock, new Random(1));
  const received: string[] = [];
  const ports = ["a", "b", "c"].map((name) => ({ name, up: true, receive: () => void received.push(name) }));
  for (const port of ports) net.attach(port);
  const send = (from: string, frame: Frame) => {
    received.length = 0;
    net.transmit(from, frame);
    clock.runUntil(instant(clock.now + 10_000));
    return [...received].sort();
  };
  return { clock, net, ports, send };
}

describe("the switch", () => {
  it("floods what it does not know, and learns from every frame", () => {
    const { net, send } = wire();
    assert.deepEqual(send("a", arp(A, "reply", B)), ["b", "c"]);
    assert.deepEqual(send("b", arp(B, "reply", A)), ["a"]);
    assert.equal(net.portOf(A), "a");
    assert.deepEqual(send("c", arp(A, "request")), ["a", "b"]);
    assert.equal(net.portOf(A), "c");
  });

  it("cuts one way, loses, duplicates, and minds dead links", () => {
    const { net, ports, send } = wire();
    net.cut("a", "b");
    assert.deepEqual(send("a", arp(A, "request")), ["c"]);
    assert.deepEqual(send("b", arp(B, "request")), ["a", "c"]);
    assert.equal(net.connects("b", "a"), false);
    net.mend("a", "b");
    net.weather = { ...FAIR, duplicates: 1 };
    assert.deepEqual(send("a", arp(A, "request")), ["b", "b", "c", "c"]);
    net.weather = { ...FAIR, loss: 1 };
    assert.deepEqual(send("a", arp(A, "request")), []);
    net.weather = FAIR;
    assert.equal(net.connects("a", "b"), true);
    for (const port of ports) port.up = port.name !== "b";
    assert.deepEqual(send("a", arp(A, "request")), ["c"]);
    assert.deepEqual(send("b", arp(B, "request")), []);
  });

  it("keeps the order of frames on one wire, however the delay varies", () => {
    const clock = new VirtualClock();
    const net = new Switch(clock, new Random(3));
    const seen: MacAddress[] = [];
    net.attach({ name: "a", up: true, receive: () => {} });
    net.attach({ name: "b", up: true, receive: ({ source }) => void seen.push(source) });
    const sent = Array.from({ length: 50 }, (_, index) => hostMac(index, 0));
    for (const mac of sent) net.transmit("a", arp(mac, "request"));
    clock.runUntil(instant(10_000));
    assert.deepEqual(seen, sent);
  });
});

describe("a neighbour", () => {
  it("makes no entry of an announcement, asks, believes the last answer, and follows announcements", () => {
    const clock = new VirtualClock();
    const net = new Switch(clock, new Random(1));
    const client = new Client("client", ip("192.0.2.51"), hostMac(51, 0), net);
    client.receive(arp(A, "request"));
    assert.equal(client.knows(VIP), undefined);
    client.ask(VIP);
    for (const mac of [A, B]) {
      const { payload } = arp(mac, "reply");
      client.receive({
        source: mac,
        destination: hostMac(51, 0),
        payload: {
          ...payload,
          kind: "arp",
          operation: "reply",
          senderMac: mac,
          senderIp: VIP,
          targetIp: ip("192.0.2.51"),
        },
      });
    }
    assert.equal(client.knows(VIP), B);
    client.receive(arp(A, "request"));
    assert.equal(client.knows(VIP), A);
  });
});
