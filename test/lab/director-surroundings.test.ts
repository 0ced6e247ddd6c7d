/** What a director does when the host changes under it: addresses that others put there or take away, cables, interfaces. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { monotonicMicros } from "dgram-extras";
import { pairFile, startDirector, startPair } from "../support/director-process.ts";
import { type Lab, labSkip } from "../support/lab.ts";
import { ipBatch } from "../support/namespaces.ts";
import { sharedLab } from "../support/shared-lab.ts";
import { bridgeOf, portOf, VIP } from "../support/topology.ts";
import { startStream } from "../support/traffic.ts";

const INNER_VIP = "192.168.1.100";

describe("a director whose surroundings change", { skip: labSkip() }, () => {
  const lab = sharedLab();

  it("leaves an address alone that is not its own, and joins when it is gone", async (context) => {
    await lab().exec("d1", "ip", "address", "add", `${VIP}/32`, "dev", "eth0");
    const first = startDirector(context, lab(), "d1", pairFile());
    const fault = await first.state("Fault");
    assert.equal(fault.cause, "address-not-ours");
    assert.match(fault.detail, new RegExp(VIP));
    assert.equal(await lab().holds("d1", VIP), true);
    await lab().exec("d1", "ip", "address", "delete", `${VIP}/32`, "dev", "eth0");
    await first.state("Master");
    const causes = first.transitions().map(({ to, cause }) => `${to} ${cause}`);
    assert.deepEqual(causes, ["Fault address-not-ours", "Backup address-freed", "Master master-silent"]);
    await first.holds(true);
  });

  it("puts back an address that somebody removes", async (context) => {
    const [first, second] = await startPair(context, lab());
    const before = [first.transitions(), second.transitions()];
    await lab().exec("d1", "ip", "address", "delete", `${VIP}/32`, "dev", "eth0");
    assert.equal((await first.event("address-lost")).address, VIP);
    await first.holds(true);
    assert.deepEqual([first.transitions(), second.transitions()], before);
  });

  it("gives way when its cable is pulled, and takes over again when it is back", async (context) => {
    const [first, second] = await startPair(context, lab());
    const stream = await startStream(lab());
    await stream.answeredBy("d1");
    await lab().unplug("d1");
    assert.equal((await first.state("Fault")).cause, "link-down");
    await second.state("Master");
    await stream.answeredBy("d2");
    await first.holds(false);
    await lab().plug("d1");
    await first.state("Master");
    await stream.answeredBy("d1", monotonicMicros());
    await first.holds(true);
    await second.holds(false);
    await stream.stop();
  });

  it("hands over without a loss when what it tracks is down, and takes over again without one", async (context) => {
    const file = pairFile({
      router: 'track = ["inner"]\npreempt = { delay = "500ms" }',
      more: '[tracks.inner]\ntype = "interface"\ninterface = "eth1"\n',
    });
    const [first, second] = await startPair(context, lab(), file);
    context.after(() => lab().plug("d1", "inner"));
    const stream = await startStream(lab());
    await stream.answeredBy("d1");
    await lab().unplug("d1", "inner");
    assert.equal((await first.state("Fault")).cause, "track-failed");
    await second.state("Master");
    await stream.answeredBy("d2");
    await first.holds(false);
    await lab().plug("d1", "inner");
    await first.state("Master");
    await stream.answeredBy("d1", monotonicMicros());
    await second.holds(false);
    const report = await stream.stop();
    assert.equal(report.lost, 0, JSON.stringify(report.gaps));
  });

  it("hands over when a script that it tracks fails, and when nobody runs that any more", async (context) => {
    const file = pairFile({
      router: 'track = ["probe"]\npreempt = { damping = false }',
      more: `[tracks.probe]
type = "script"
command = ["/usr/bin/grep", "-q", "probe0", "/proc/net/dev"]
interval = "100ms"
rise = 1
fall = 2
`,
    });
    const add = (node: "d1" | "d2") =>
      lab().exec(node, "ip", "link", "add", "probe0", "type", "veth", "peer", "probe1");
    const remove = (node: "d1" | "d2") => lab().exec(node, "ip", "link", "delete", "probe0");
    await Promise.all([add("d1"), add("d2")]);
    context.after(() => remove("d2"));
    const [first, second] = await startPair(context, lab(), file);
    await first.event("track", ({ up }) => up);
    await remove("d1");
    assert.equal((await first.state("Fault")).cause, "track-failed");
    await second.state("Master");
    await add("d1");
    context.after(() => remove("d1"));
    await first.state("Master");
    await second.state("Backup");
    // A stopped balancer is killed after 5 s; until then nobody runs the script, for longer than a report may be late.
    first.signalBalancer("SIGSTOP");
    await second.state("Master");
    await first.event("balancer-died");
    await first.state("Master");
  });

  it("gives up all arms when one of them is lost", async (context) => {
    const inner = `{ address = "${INNER_VIP}", interface = "eth1" }`;
    const [first, second] = await startPair(context, lab(), pairFile({ addresses: [`"${VIP}"`, inner] }));
    context.after(() => lab().plug("d1", "inner"));
    await lab().unplug("d1", "inner");
    const fault = await first.state("Fault");
    assert.deepEqual([fault.cause, fault.detail], ["link-down", "eth1"]);
    await second.holds(true, VIP);
    await second.holds(true, INNER_VIP);
    await first.holds(false, VIP);
    await lab().plug("d1", "inner");
    await first.holds(true, VIP);
    await first.holds(true, INNER_VIP);
  });

  it("comes back with an arm that is deleted and made again", async (context) => {
    const inner = `{ address = "${INNER_VIP}", interface = "eth1" }`;
    const first = startDirector(context, lab(), "d1", pairFile({ addresses: [`"${VIP}"`, inner] }));
    await first.state("Master");
    await first.holds(true, INNER_VIP);
    await lab().exec("d1", "ip", "link", "delete", "eth1");
    assert.equal((await first.state("Fault")).cause, "link-down");
    await first.holds(false, VIP);
    await makeInnerArm(lab());
    await first.state("Master");
    await first.holds(true, VIP);
    await first.holds(true, INNER_VIP);
  });

  it("speaks again on a VRRP interface that is deleted and made again", async (context) => {
    const onInner = pairFile({ router: 'interface = "eth1"', addresses: [`"${INNER_VIP}"`] });
    const first = startDirector(context, lab(), "d1", onInner);
    const second = startDirector(context, lab(), "d2", onInner);
    await first.holds(true, INNER_VIP);
    await first.state("Master");
    await second.state("Backup");
    await lab().exec("d1", "ip", "link", "delete", "eth1");
    await second.state("Master");
    await makeInnerArm(lab());
    await first.state("Master");
    await second.state("Backup");
    await second.holds(false, INNER_VIP);
    await first.holds(true, INNER_VIP);
  });
});

/** As the lab made it; the bridge's end went with the deleted one. */
async function makeInnerArm(lab: Lab): Promise<void> {
  const { cable, mac, address } = portOf("d1", "inner");
  const [node, bridge] = [lab.namespaceOf("d1"), lab.namespaceOf("bridge")];
  const pair = `type veth peer name eth1 netns ${node} address ${mac}`;
  await ipBatch([`link add name ${cable} netns ${bridge} ${pair}`]);
  await ipBatch([`link set ${cable} master ${bridgeOf("inner")} up`], bridge);
  await ipBatch([`address add ${address}/24 dev eth1`, "link set eth1 up"], node);
}
