/** A pair of directors whose router has the virtual MAC address: on the wire, in the kernel's settings, and after a death. */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { interfaceIndex, PacketSocket } from "dgram-extras";
import { ACCEPT, isByte } from "../../src/linux/sockets/filter.ts";
import { virtualMac } from "../../src/vrrp/virtual-link.ts";
import { type Capture, openCapture } from "../support/capture.ts";
import {
  type DirectorNode,
  type DirectorProcess,
  pairFile,
  startDirector,
  startPair,
} from "../support/director-process.ts";
import { type Lab, labSkip } from "../support/lab.ts";
import { namespacePath } from "../support/namespaces.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { openStranger } from "../support/stranger.ts";
import { portOf, VIP, VIP6 } from "../support/topology.ts";
import { startStream, startVisits } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const EVERYTHING = 3;
/** On a slow machine seconds of frames may wait: more than one reading takes by itself. */
const EVERYTHING_QUEUED = 10_000;
/** Of the MAC address in a frame. */
const SOURCE_OFFSET = 6;
const MAC = virtualMac(51, 4);
const MAC6 = virtualMac(51, 6);
const VIRTUAL = pairFile({ router: 'mac = "virtual"' });
const ALL_RP_FILTER = "ipv4/conf/all/rp_filter";
/** Those of the parent, by what they are while a virtual link stands on it. */
const SETTINGS = {
  "ipv4/conf/eth0/arp_ignore": "1",
  "ipv4/conf/eth0/arp_filter": "1",
  "ipv4/conf/eth0/arp_announce": "2",
  "ipv4/conf/eth0/rp_filter": "1",
  [ALL_RP_FILTER]: "0",
};
const BEFORE = ["0", "0", "0", "0", "1"];

describe("a pair with a virtual MAC address", { skip: labSkip() }, () => {
  const lab = sharedLab();
  beforeEach(() => Promise.all((["d1", "d2"] as const).map((node) => cleanUp(lab(), node))));

  it("speaks and answers with it alone: at a drill nothing is lost, and after a crash the next start removes it", async (context) => {
    const capture = openCapture(context, lab());
    const [fromFirst, fromSecond] = [listenTo(context, lab(), "d1"), listenTo(context, lab(), "d2")];
    // A forwarding host would tell the link of itself.
    await lab().sysctl("d2", { "ipv6/conf/all/forwarding": "1" });
    const file = pairFile({ addresses: [`"${VIP6}"`, `"${VIP}"`], router: 'mac = "virtual"' });
    const [first, second] = await startPair(context, lab(), file);
    const stream = await startStream(lab());
    const visits = await startVisits(lab());
    await stream.answeredBy("d1");
    await visits.answeredBy("d1");
    assert.equal(await entryOf(lab(), VIP), MAC);
    assert.deepEqual(fromSecond(), []);
    first.signal("SIGUSR2");
    await stream.answeredBy("d2");
    await visits.answeredBy("d2");
    await first.holds(false);
    assert.notDeepEqual(fromFirst(), []);
    await second.holds(true, VIP6);
    assert.equal(await entryOf(lab(), VIP), MAC);
    const report = await stream.stop();
    assert.deepEqual(fromFirst(), []);
    context.diagnostic(`longest cold visit ${(await visits.stop()).longestCutOffMillis} ms`);
    assert.equal(report.lost, 0, JSON.stringify(report.gaps));
    for (const [node, priority] of [
      ["d1", 150],
      ["d2", 100],
    ] as const) {
      const said = () => capture.adverts.filter(({ advert }) => advert.priority === priority);
      await until("an advert after the claim", () => said().length > 1);
      const [claim, ...others] = said();
      assert.equal(claim?.mac, portOf(node, "outer").mac);
      assert.deepEqual(new Set(others.map(({ mac }) => mac)), new Set([MAC6]));
    }
    assert.deepEqual(claimsIn(capture), new Set([`${VIP} ${MAC} ${MAC}`, `${VIP6} ${MAC6} ${MAC6}`]));

    await second.crash();
    await first.state("Master");
    await first.holds(true, VIP6);
    const other = pairFile({ vrid: 60, addresses: ['"10.0.0.120"'] });
    const third = startDirector(context, lab(), "d2", other, { successorOf: second });
    await gone(lab(), "d2", third);
    await haveSettings(lab(), "d2", ["0", "0", "0", "0", "0"]);
  });

  it("takes nobody's name, is adopted after a crash, and gone with all that was changed for it after a reload or an orderly stop", async (context) => {
    const capture = openCapture(context, lab());
    const stranger = openStranger(context, lab());
    await lab().sysctl("d1", { [ALL_RP_FILTER]: "1" });
    await lab().exec(
      "d1",
      "sh",
      "-c",
      "ip link add vrrp.51 link eth0 type macvlan && ip link set vrrp.51 up",
    );
    const first = startDirector(context, lab(), "d1", VIRTUAL);
    await first.event("virtual-link-refused");
    await first.state("Fault");
    assert.deepEqual(
      first.transitions().map(({ to }) => to),
      ["Fault"],
    );
    await lab().exec("d1", "ip", "link", "del", "vrrp.51");
    await first.state("Master");
    assert.deepEqual(await settingsOf(lab(), "d1"), Object.values(SETTINGS));
    first.signal("SIGKILL");
    await until("the goodbye", () => capture.adverts.some(({ advert }) => advert.priority === 0));
    // Once, and from another MAC address: as a successor that does not have the addresses yet.
    stranger.say({ bytes: stranger.advert({ priority: 100 }) });
    await first.holds(false);
    assert.match(await lab().exec("d1", "ip", "link"), /vrrp\.51@eth0/);
    const second = startDirector(context, lab(), "d1", VIRTUAL, { successorOf: first });
    await second.state("Master");
    assert.deepEqual(await settingsOf(lab(), "d1"), Object.values(SETTINGS));
    second.write(pairFile());
    assert.deepEqual((await second.reload()).kind, "accepted");
    await gone(lab(), "d1", second);
    await second.holds(true);
    await haveSettings(lab(), "d1", BEFORE);
    // Three routers at once: adverts go out between their interfaces.
    const fromParent = routerWith(53, '{ type = "virtual", adverts_from = "parent" }');
    second.write(`${VIRTUAL}${routerWith(52)}${fromParent}`);
    assert.deepEqual((await second.reload()).kind, "accepted");
    await second.holds(true);
    for (const vrid of [52, 53]) await second.holds(true, `10.0.0.${vrid + 50}`);
    const macsOf = (vrid: number) => {
      const said = capture.adverts.filter(({ advert }) => advert.vrid === vrid);
      return said.slice(1).map(({ mac }) => mac);
    };
    await until("adverts of all", () => [52, 53].every((vrid) => macsOf(vrid).length > 0));
    assert.deepEqual(new Set(macsOf(52)), new Set([virtualMac(52, 4)]));
    assert.deepEqual(new Set(macsOf(53)), new Set([portOf("d1", "outer").mac]));
    const announced = () => capture.announcements.find(({ address }) => address === "10.0.0.103");
    await until("announcement", () => announced() !== undefined);
    assert.equal(announced()?.mac, virtualMac(53, 4));
    assert.equal((await lab().exec("d1", "ip", "link")).match(/vrrp/g)?.length, 3);
    second.signal("SIGTERM");
    assert.equal((await second.ended).status, 0);
    assert.deepEqual(await settingsOf(lab(), "d1"), BEFORE);
    assert.doesNotMatch(await lab().exec("d1", "ip", "link"), /vrrp/);
  });
});

/** Who said to be where, and with which source: "address, claimed MAC address, MAC address of the frame". */
function claimsIn(capture: Capture): ReadonlySet<string> {
  const claims = capture.sightings.flatMap((one) => {
    if (one.kind === "announcement") return [[one.address, one.announcedMac, one.mac]];
    return one.kind === "arp" ? [[one.packet.senderAddress, one.packet.senderMac, one.mac]] : [];
  });
  const floating: readonly string[] = [VIP, VIP6];
  return new Set(
    claims.filter(([address = ""]) => floating.includes(address)).map((claim) => claim.join(" ")),
  );
}

async function gone(lab: Lab, node: DirectorNode, director: DirectorProcess): Promise<void> {
  const none = async () => !(await lab.exec(node, "ip", "link")).includes("vrrp");
  await until("the end of the virtual links", none, { explain: () => director.explain() });
}

function routerWith(vrid: number, mac = '"virtual"'): string {
  return `[routers.r${vrid}]
vrid = ${vrid}
interval = "100ms"
priority = { lb1 = 150, lb2 = 100 }
addresses = ["10.0.0.${vrid + 50}"]
mac = ${mac}
`;
}

/** What killed directors have left. */
async function cleanUp(lab: Lab, node: DirectorNode): Promise<void> {
  const links = ["vrrp.51", "vrrp6.51"].map((name) => `ip link del ${name} 2>/dev/null`);
  await lab.exec(node, "sh", "-c", [...links, "true"].join("; "));
  const zeros = Object.keys(SETTINGS).map((path) => [path, "0"]);
  await lab.sysctl(node, Object.fromEntries(zeros));
}

async function settingsOf(lab: Lab, node: DirectorNode): Promise<string[]> {
  const files = Object.keys(SETTINGS).map((path) => `/proc/sys/net/${path}`);
  return (await lab.exec(node, "cat", ...files)).trim().split("\n");
}

async function haveSettings(lab: Lab, node: DirectorNode, wanted: readonly string[]): Promise<void> {
  const found = () => settingsOf(lab, node);
  const explain = async () => `${await found()}`;
  await until(`settings ${wanted}`, async () => `${await found()}` === `${wanted}`, { explain });
}

/** The client's idea of where an address is. */
async function entryOf(lab: Lab, address: string): Promise<string | undefined> {
  const text = await lab.exec("c", "ip", "neigh", "show", address);
  return /lladdr (\S+)/.exec(text)?.[1];
}

/** What a director has put on its cable with a virtual MAC address as its source, so far. */
function listenTo(context: { after(undo: () => void): void }, lab: Lab, node: DirectorNode): () => string[] {
  const namespace = namespacePath(lab.namespaceOf("bridge"));
  const cable = interfaceIndex(portOf(node, "outer").cable, namespace);
  const socket = new PacketSocket({
    protocol: EVERYTHING,
    namespace,
    interfaceIndex: cable,
    ignoreOutgoing: true,
    // 00:00:5e:00:0x:33
    filter: [...isByte(SOURCE_OFFSET + 2, 0x5e), ...isByte(SOURCE_OFFSET + 5, 51), ...ACCEPT],
  });
  context.after(() => socket.close());
  return () => socket.drain(EVERYTHING_QUEUED).map(({ bytes }) => Buffer.from(bytes).toString("hex"));
}
