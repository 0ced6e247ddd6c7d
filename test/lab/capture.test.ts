/** The sniffer sees what is said to all, and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { interfaceIndex, PacketSocket, RawSocket } from "dgram-extras";
import { gratuitousArp } from "../../src/net/arp.ts";
import { ip } from "../../src/net/ip.ts";
import { unsolicitedAdvertisement } from "../../src/net/ndp.ts";
import { millis } from "../../src/net/time.ts";
import { encodeAdvert, PROTOCOL_VRRP } from "../../src/vrrp/advert.ts";
import { openCapture } from "../support/capture.ts";
import { type Lab, labSkip, openLab } from "../support/lab.ts";
import { portOf, VIP, VIP6 } from "../support/topology.ts";
import { startResponders, startStream } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const skip = labSkip();
const { address, mac } = portOf("d1", "outer");

test("adverts and announcements of both families are decoded, clients are not heard", {
  skip,
}, async (context) => {
  const lab = await openLab(context);
  const capture = openCapture(context, lab);
  await startResponders(lab, ["d1"]);
  const stream = await startStream(lab, { destination: address });
  await stream.answeredBy("d1");

  sendAdvert(lab, 4);
  sendAdvert(lab, 6);
  announce(lab);

  await until("four sightings", () => capture.adverts.length + capture.announcements.length === 4);
  assert.deepEqual(
    capture.adverts.map((seen) => [
      seen.arm,
      seen.mac,
      seen.source,
      seen.advert.vrid,
      ...seen.advert.addresses,
    ]),
    [
      ["outer", mac, address, 51, VIP],
      ["outer", mac, "fe80::ff:fe00:1", 51, VIP6],
    ],
  );
  assert.deepEqual(
    capture.announcements.map((seen) => [seen.arm, seen.address, seen.announcedMac]),
    [
      ["outer", VIP, mac],
      ["outer", VIP6, mac],
    ],
  );
  assert.deepEqual(
    new Set(capture.sightings.filter((seen) => seen.kind === "arp").map((seen) => seen.arm)),
    new Set(["outer"]),
  );
  const stamps = capture.sightings.map((seen) => seen.stampMicros);
  assert.deepEqual(
    stamps,
    stamps.toSorted((left, right) => left - right),
  );
});

function sendAdvert(lab: Lab, family: 4 | 6): void {
  const namespace = lab.namespacePathOf("d1");
  const source = family === 4 ? address : ip("fe80::ff:fe00:1");
  const destination = ip(family === 4 ? "224.0.0.18" : "ff02::12");
  const addresses = [family === 4 ? VIP : VIP6];
  const advert = { version: 3, vrid: 51, priority: 100, interval: millis(100), addresses } as const;
  const socket = new RawSocket({ family, protocol: PROTOCOL_VRRP, namespace, receive: false });
  const bytes = encodeAdvert(advert, { source, destination });
  socket.send(bytes, destination, { source, interfaceIndex: interfaceIndex("eth0", namespace), ttl: 255 });
  socket.close();
}

function announce(lab: Lab): void {
  const namespace = lab.namespacePathOf("d1");
  const index = interfaceIndex("eth0", namespace);
  const socket = new PacketSocket({ protocol: 0, namespace });
  socket.send(gratuitousArp(mac, VIP), index);
  socket.send(unsolicitedAdvertisement(mac, VIP6, false), index);
  socket.close();
}
