/** The IPVS client against the kernel, with ipvsadm as a second pair of eyes. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { plan, strangers } from "../../../src/ipvs/diff.ts";
import { memberId, serviceId, type Table, type VirtualService } from "../../../src/ipvs/settings.ts";
import type { PlanStep } from "../../../src/ipvs/step.ts";
import { IpvsClient } from "../../../src/linux/netlink/ipvs-client.ts";
import { ip } from "../../../src/net/ip.ts";
import { seconds } from "../../../src/net/time.ts";
import { must } from "../../support/processes.ts";

const MANY = 200;

const web: VirtualService = {
  protocol: "tcp",
  address: ip("192.0.2.100"),
  port: 80,
  scheduler: "wrr",
  destinations: [
    { address: ip("10.0.0.11"), port: 8_080, forward: "nat", weight: 3 },
    { address: ip("10.0.0.12"), port: 8_080, forward: "nat", weight: 1 },
  ],
};
const dns: VirtualService = {
  protocol: "udp",
  address: ip("2001:db8::100"),
  port: 53,
  scheduler: "rr",
  destinations: [{ address: ip("2001:db8::11"), port: 53, forward: "direct", weight: 1 }],
};

const sip = { timeout: seconds(60), engine: "sip" } as const;
/** Every key of a service and of a server that is no other's. */
const EVERYTHING: Table = [
  {
    protocol: "tcp",
    address: ip("192.0.2.100"),
    port: 80,
    scheduler: "sh",
    schedulerFlags: ["sh-fallback", "sh-port"],
    destinations: [
      { address: ip("10.0.0.11"), port: 80, forward: "tunnel", weight: 1 },
      {
        address: ip("10.0.0.12"),
        port: 80,
        forward: "tunnel",
        tunnel: { type: "gue", port: 6_080, checksum: "remote" },
        weight: 2,
      },
      {
        address: ip("10.0.0.13"),
        port: 80,
        forward: "tunnel",
        tunnel: { type: "gre", checksum: "full" },
        weight: 65_535,
      },
      {
        address: ip("2001:db8::11"),
        port: 80,
        forward: "tunnel",
        upperThreshold: 100,
        lowerThreshold: 50,
        weight: 1,
      },
    ],
  },
  {
    protocol: "tcp",
    address: ip("192.0.2.100"),
    port: 0,
    scheduler: "wlc",
    persistence: { timeout: seconds(300), clientPrefix: 24 },
    destinations: [{ address: ip("10.0.0.11"), port: 0, forward: "nat", weight: 1 }],
  },
  {
    protocol: "udp",
    address: ip("2001:db8::100"),
    port: 514,
    scheduler: "rr",
    onePacket: true,
    destinations: [{ address: ip("2001:db8::11"), port: 5_514, forward: "nat", weight: 1 }],
  },
  {
    protocol: "udp",
    address: ip("192.0.2.100"),
    port: 5_060,
    scheduler: "rr",
    persistence: sip,
    destinations: [],
  },
  {
    protocol: "sctp",
    address: ip("2001:db8::100"),
    port: 36_412,
    scheduler: "mh",
    schedulerFlags: ["mh-port"],
    persistence: { timeout: seconds(60), clientPrefix: 64 },
    destinations: [],
  },
  { protocol: "mark", mark: 100, family: 4, scheduler: "fo", destinations: [] },
  {
    protocol: "mark",
    mark: 100,
    family: 6,
    scheduler: "ovf",
    destinations: [{ address: ip("2001:db8::11"), port: 0, forward: "direct", weight: 1 }],
  },
];
const IN_IPVSADM = [
  "-A -t 192.0.2.100:80 -s sh -b sh-fallback,sh-port",
  "-a -t 192.0.2.100:80 -r 10.0.0.11:80 -i -w 1",
  "-a -t 192.0.2.100:80 -r 10.0.0.12:80 -i -w 2 --tun-type gue --tun-port 6080 --tun-remcsum",
  "-a -t 192.0.2.100:80 -r 10.0.0.13:80 -i -w 65535 --tun-type gre --tun-csum",
  "-a -t 192.0.2.100:80 -r [2001:db8::11]:80 -i -w 1 -x 100 -y 50",
  "-A -t 192.0.2.100:0 -s wlc -p 300 -M 255.255.255.0",
  "-a -t 192.0.2.100:0 -r 10.0.0.11:0 -m -w 1",
  "-A -u [2001:db8::100]:514 -s rr -o",
  "-a -u [2001:db8::100]:514 -r [2001:db8::11]:5514 -m -w 1",
  "-A -u 192.0.2.100:5060 -s rr -p 60 --pe sip",
  "-A --sctp-service [2001:db8::100]:36412 -s mh -b mh-port -p 60 -M 64",
  "-A -f 100 -s fo",
  "-A -f 100 -6 -s ovf",
  "-a -f 100 -6 -r [2001:db8::11]:0 -g -w 1",
];

describe("the IPVS client", () => {
  const client = new IpvsClient();
  after(async () => {
    client.close();
    await must(["ipvsadm", "-C"]);
  });

  const bring = (wanted: Table, owned: readonly string[] = []): PlanStep[] => {
    const steps = plan(wanted, client.table(), new Set(owned));
    assert.deepEqual(
      client.apply(steps),
      steps.map(() => undefined),
    );
    assert.deepEqual(plan(wanted, client.table(), new Set(owned)), []);
    return steps;
  };
  const listing = () => must(["ipvsadm", "-Sn"]);

  it("finds the family and says what it is", () => {
    assert.equal(client.resolve(), undefined);
    assert.match(client.info()?.version ?? "", /^1\.2\.\d+$/);
  });

  it("builds a table that ipvsadm reads the same way", async () => {
    assert.equal(bring([web, dns]).length, 5);
    assert.deepEqual((await listing()).trim().split("\n").sort(), [
      "-A -t 192.0.2.100:80 -s wrr",
      "-A -u [2001:db8::100]:53 -s rr",
      "-a -t 192.0.2.100:80 -r 10.0.0.11:8080 -m -w 3",
      "-a -t 192.0.2.100:80 -r 10.0.0.12:8080 -m -w 1",
      "-a -u [2001:db8::100]:53 -r [2001:db8::11]:53 -g -w 1",
    ]);
  });

  it("edits in place: scheduler, weight, forwarding method", async () => {
    const [first, ...rest] = web.destinations;
    assert(first !== undefined);
    const wanted: VirtualService = {
      ...web,
      scheduler: "mh",
      destinations: [{ ...first, weight: 0, forward: "direct" }, ...rest],
    };
    assert.deepEqual(
      bring([wanted, dns]).map(({ kind }) => kind),
      ["edit-service", "edit-destination"],
    );
    assert.match(await listing(), /^-a -t 192\.0\.2\.100:80 -r 10\.0\.0\.11:8080 -g -w 0$/m);
  });

  it("adopts what somebody else made with one of our keys", async () => {
    await must(["ipvsadm", "-E", "-t", "192.0.2.100:80", "-s", "rr", "-p", "300", "-M", "255.255.255.0"]);
    await must(["ipvsadm", "-e", "-t", "192.0.2.100:80", "-r", "10.0.0.12:8080", "-m", "-w", "7", "-x", "9"]);
    const kinds = bring([web, dns]).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["edit-service", "edit-destination", "edit-destination"]);
    assert.match(await listing(), /^-A -t 192\.0\.2\.100:80 -s wrr$/m);
  });

  it("lists strangers, and leaves them alone", async () => {
    await must(["ipvsadm", "-A", "-f", "100", "-s", "sh"]);
    await must(["ipvsadm", "-a", "-f", "100", "-r", "10.0.0.9:0", "-i", "-w", "1"]);
    await must(["ipvsadm", "-A", "--sctp-service", "192.0.2.100:80", "-s", "rr"]);
    await must(["ipvsadm", "-A", "-t", "192.0.2.200:80", "-s", "rr"]);
    await must(["ipvsadm", "-a", "-t", "192.0.2.100:80", "-r", "10.0.0.9:80", "-m", "-w", "1"]);
    assert.deepEqual(bring([web, dns]), []);
    assert.deepEqual(strangers([web, dns], client.table(), new Set()), [
      "firewall mark 100 (IPv4)",
      "sctp 192.0.2.100:80",
      "tcp 192.0.2.200:80",
      "tcp 192.0.2.100:80 → 10.0.0.9:80",
    ]);
    const asked = client.table([
      web,
      { ...web, port: 4_711 },
      { protocol: "mark", family: 4, mark: 100 },
    ]).services;
    assert.deepEqual(asked.map(serviceId), [serviceId(web), "mark 100 4"]);
    assert.deepEqual(
      asked,
      client.table().services.filter((one) => asked.map(serviceId).includes(serviceId(one))),
    );
    const mark = client.table().services.find(({ protocol }) => protocol === "mark");
    assert.equal(mark?.destinations.length, 1);
  });

  it("makes nothing anew of services that are as they were, and sees every change", async () => {
    const before = client.table().services;
    await must(["ipvsadm", "-e", "-f", "100", "-r", "10.0.0.9:0", "-i", "-w", "3"]);
    const after = client.table().services;
    const others = after.filter((service) => !before.includes(service));
    assert.deepEqual(
      others.map((service) => [service.protocol, service.destinations.map(({ weight }) => weight)]),
      [["mark", [3]]],
    );
    await must(["ipvsadm", "-E", "-f", "100", "-s", "dh"]);
    const changed = client.table().services.filter((service) => !after.includes(service));
    assert.deepEqual(
      changed.map(({ scheduler }) => scheduler),
      ["dh"],
    );
    await must(["ipvsadm", "-E", "-f", "100", "-s", "sh"]);
  });

  it("removes what is ours and no longer wanted, and nothing else", async () => {
    const gone = memberId(web, { address: ip("10.0.0.9"), port: 80 });
    assert.equal(bring([web], [serviceId(dns), gone]).length, 2);
    const left = await listing();
    assert.doesNotMatch(left, /2001:db8/);
    assert.doesNotMatch(left, /-r 10\.0\.0\.9:80/);
    assert.match(left, /-f 100 /);
    assert.match(left, /192\.0\.2\.200:80/);
  });

  it("takes steps that somebody else took first", () => {
    const [destination] = web.destinations;
    assert(destination !== undefined);
    const outcomes = client.apply([
      { kind: "add-service", service: { ...web, scheduler: "rr" } },
      { kind: "add-destination", service: web, destination: { ...destination, weight: 9 } },
      { kind: "remove-destination", service: web, destination: { address: ip("10.9.9.9"), port: 80 } },
      { kind: "remove-service", service: { ...web, port: 4_711 } },
    ]);
    assert.deepEqual(outcomes, [undefined, undefined, undefined, undefined]);
    const service = client.table().services.find((one) => serviceId(one) === serviceId(web));
    assert.equal(service?.scheduler, "rr");
    assert.deepEqual(service.destinations.map(({ weight }) => weight).sort(), [1, 9]);
  });

  it("goes on after a refusal, and tells whose it was", () => {
    const service = { ...web, port: 81 };
    const [destination] = web.destinations;
    assert(destination !== undefined);
    const outcomes = client.apply([
      { kind: "add-service", service: { ...service, scheduler: "nonesuch" } },
      { kind: "add-destination", service, destination },
      { kind: "add-service", service: { ...service, port: 82 } },
    ]);
    assert.deepEqual(
      outcomes.map((refusal) => refusal && [refusal.call, refusal.code]),
      [["IPVS_CMD_NEW_SERVICE", "ENOENT"], ["IPVS_CMD_NEW_DEST", "ESRCH"], undefined],
    );
  });

  it("says all that can be said of a service and a server as ipvsadm says it", async () => {
    await must(["ipvsadm", "-C"]);
    bring(EVERYTHING);
    const ours = await listing();
    await must(["ipvsadm", "-C"]);
    for (const line of IN_IPVSADM) await must(["ipvsadm", ...line.split(" ")]);
    assert.deepEqual(ours.trim().split("\n").sort(), (await listing()).trim().split("\n").sort());
    // Not all of it is in that listing.
    assert.deepEqual(bring(EVERYTHING), []);
    await must(["ipvsadm", "-C"]);
  });

  it("says and changes after how long connections are forgotten, one by one", async () => {
    const before = client.timeouts();
    assert(before !== undefined);
    client.setTimeouts({ udp: 31 });
    assert.deepEqual(client.timeouts(), { ...before, udp: 31 });
    const { tcp, tcp_fin: finished } = before;
    assert.match(await must(["ipvsadm", "-l", "--timeout"]), new RegExp(`: ${tcp} ${finished} 31$`, "m"));
    client.setTimeouts(before);
    assert.throws(() => client.setTimeouts({ tcp: 2 ** 31 }), /EINVAL|Invalid argument/);
  });

  it(`handles ${MANY} destinations in batches`, () => {
    const destinations = Array.from({ length: MANY }, (_, index) => ({
      address: ip(`10.1.${Math.floor(index / 100)}.${index % 100}`),
      port: 80,
      forward: "direct" as const,
      weight: 1,
    }));
    const big: VirtualService = { ...web, port: 83, destinations };
    assert.equal(bring([big]).length, MANY + 1);
    const service = client.table().services.find((one) => serviceId(one) === serviceId(big));
    assert.equal(service?.destinations.length, MANY);
    assert.equal(bring([], [serviceId(big)]).length, 1);
  });
});
