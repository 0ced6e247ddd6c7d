/** What the socket is asked to keep and to send, advert by advert. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Refusal, SystemError } from "dgram-extras";
import { KeptAdverts } from "../../../src/linux/sockets/kept-adverts.ts";
import { ip } from "../../../src/net/ip.ts";
import type { AdvertAction } from "../../../src/vrrp/action.ts";

const SOURCE = ip("192.0.2.1");
const [GROUP, PEER, OTHER_PEER] = ["224.0.0.18", "192.0.2.2", "192.0.2.3"];
const [BUSY, REFUSED] = ["198.51.100.1", "198.51.100.2"];
const ENETUNREACH = 101;

/** Keeps what it is told; one destination cannot be kept, and one cannot be reached. */
class FakeSocket {
  readonly kept: string[] = [];
  /** The batches. */
  readonly sent: string[][] = [];
  keeps = 0;

  keep(place: number, bytes: Uint8Array, destination: string): void {
    if (destination === BUSY) throw new SystemError(12, "keep", destination);
    this.kept[place] = `${bytes[1]}/${bytes[2]} ${destination}`;
    this.keeps += 1;
  }

  sendKept(places: readonly number[]): Refusal[] {
    const batch = places.map((place) => this.kept[place] ?? "nothing");
    this.sent.push(batch);
    const error = new SystemError(ENETUNREACH, "sendmmsg", REFUSED);
    return batch.flatMap((one, index) => (one.endsWith(REFUSED) ? [{ index, error }] : []));
  }
}

function advert(vrid: number, priority: number, ...destinations: readonly string[]): AdvertAction {
  const bytes = Uint8Array.of(0x31, vrid, priority, 1);
  const datagrams = destinations.map((destination) => ({ destination: ip(destination), bytes }));
  return { kind: "advert", router: `r${vrid}`, interface: "eth0", source: SOURCE, datagrams };
}

function open() {
  const socket = new FakeSocket();
  return { socket, adverts: new KeptAdverts(socket, 2) };
}

test("what is said again is kept once", () => {
  const { socket, adverts } = open();
  const [one, other] = [advert(51, 150, GROUP), advert(52, 150, GROUP)];
  for (let count = 0; count < 3; count++) adverts.send([one, other]);
  assert.equal(socket.keeps, 2);
  assert.deepEqual(socket.sent.at(-1), [`51/150 ${GROUP}`, `52/150 ${GROUP}`]);
});

test("another advert of the same router takes the place of the one before", () => {
  const { socket, adverts } = open();
  adverts.send([advert(51, 150, GROUP)]);
  adverts.send([advert(51, 140, GROUP)]);
  assert.deepEqual(socket.sent, [[`51/150 ${GROUP}`], [`51/140 ${GROUP}`]]);
  assert.equal(socket.kept.length, 1);
});

test("an advert and a goodbye of one VRID both leave, in order, and others with them", () => {
  const { socket, adverts } = open();
  adverts.send([
    advert(51, 150, GROUP),
    advert(52, 150, GROUP),
    advert(51, 0, GROUP),
    advert(53, 150, GROUP),
  ]);
  assert.deepEqual(socket.sent.flat(), [
    `51/150 ${GROUP}`,
    `52/150 ${GROUP}`,
    `51/0 ${GROUP}`,
    `53/150 ${GROUP}`,
  ]);
});

test("peers come and go", () => {
  const { socket, adverts } = open();
  adverts.send([advert(51, 150, PEER), advert(52, 150, PEER)]);
  adverts.send([advert(51, 150, PEER, OTHER_PEER), advert(52, 150, PEER)]);
  adverts.send([advert(51, 150, OTHER_PEER)]);
  assert.deepEqual(socket.sent.slice(1), [
    [`51/150 ${PEER}`, `51/150 ${OTHER_PEER}`, `52/150 ${PEER}`],
    [`51/150 ${OTHER_PEER}`],
  ]);
});

test("an advert of which nothing left is refused, also behind one that took two batches", () => {
  const { adverts } = open();
  const [said, half, lost] = [advert(51, 150, GROUP), advert(51, 0, PEER, REFUSED), advert(52, 150, REFUSED)];
  const refusals = adverts.send([said, half, lost]);
  assert.deepEqual(
    [...refusals].map(([one, { code }]) => [one, code]),
    [[lost, "ENETUNREACH"]],
  );
});

test("what could not be kept as a whole is not sent, and made anew the next time", () => {
  const { socket, adverts } = open();
  const before = advert(51, 150, PEER, OTHER_PEER);
  adverts.send([before]);
  assert.throws(() => adverts.send([advert(51, 140, PEER, BUSY)]), { code: "ENOMEM" });
  adverts.send([before]);
  assert.deepEqual(socket.sent, Array(2).fill([`51/150 ${PEER}`, `51/150 ${OTHER_PEER}`]));
});
