/** What neighbours with the old file make of a new one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeWireBreak, wireBreak } from "../../src/config/wire-breaking.ts";
import { ALL, but, clusterOf } from "./support.ts";

const THIRD = '[directors.lb3]\naddress = "192.0.2.13"\ninterface = "eth7"\n';
const ONE_SECOND = but('"100ms"', '"1s"');
const V2 = but("vrid = 51", "vrid = 51\nversion = 2", ONE_SECOND);
const SECRET = but("version = 2", 'version = 2\npassword = "sesame"', V2);
const UNICAST = but("vrid = 51", "vrid = 51\nunicast = true");
const FAR = but("unicast = true", "unicast = true\nmin_ttl = 60", UNICAST);
const THREE = but("lb2 = 100 }", "lb2 = 100, lb3 = 120 }", ALL + THIRD);
const THREE_UNICAST = but("vrid = 51", "vrid = 51\nunicast = true", THREE);
const BACK = `${ALL}[routers.back]
vrid = 52
priority = { lb1 = 100, lb2 = 151 }
addresses = ["192.0.2.101"]
`;
const SWAPPED = BACK.replace("vrid = 51", "vrid = X").replace("vrid = 52", "vrid = 51").replace("X", "52");

const BOTH_FAMILIES = but('["192.0.2.100", ', '["192.0.2.100", "2001:db8::100", ');
const PER_FAMILY = but("vrid = 51", 'vrid = 51\nelection = "per-family"', BOTH_FAMILIES);

function signed(active: string, mode = "enforce", ids: readonly number[] = [1], secret = "a"): string {
  const keys = ids.map((id) => `${id} = "${`${secret}${id}`.repeat(16)}"`).join(", ");
  const table = `authentication = { active_key = ${active}, mode = "${mode}", keys = { ${keys} } }`;
  return but("vrid = 51", `vrid = 51\n${table}`);
}

function consequences(before: string, after: string, director = "lb1"): readonly string[] {
  return wireBreak(clusterOf(before), clusterOf(after), director)?.consequences ?? [];
}

describe("neighbours would not mind", () => {
  const cases: [string, string, string][] = [
    ["the same file", ALL, ALL],
    ["another priority", ALL, but("lb1 = 150", "lb1 = 90")],
    [
      "other addresses",
      ALL,
      but('"192.0.2.100", {', '"192.0.2.103", {').replace('listen = ["192.0.2.100', 'listen = ["192.0.2.103'),
    ],
    ["another interval in version 3", ALL, ONE_SECOND],
    ["another number of missing adverts", ALL, but("vrid = 51", "vrid = 51\ndown_timer_adverts = 5")],
    ["signatures that are only understood", ALL, signed("1", "receive-only")],
    ["signatures that may be missing", signed("1", "receive-only"), signed("1", "permissive")],
    ["the end of a migration", signed("1", "permissive"), signed("1")],
    ["one key more", signed("1"), signed("1", "enforce", [1, 2])],
    ["another active key", signed("1", "enforce", [1, 2]), signed("2", "enforce", [1, 2])],
    ["one key less", signed("2", "enforce", [1, 2]), signed("2", "enforce", [2])],
    ["the other form of checksum", ALL, but("vrid = 51", 'vrid = 51\nchecksum = "plain"')],
    ["another source with multicast", ALL, but("vrid = 51", 'vrid = 51\nsource = { lb1 = "192.0.2.99" }')],
    ["another link, as far as the file can say", ALL, but("vrid = 51", 'vrid = 51\ninterface = "eth3"')],
    ["a lower `min_ttl`", UNICAST, FAR],
    ["another VRID for who only observes", ALL, but("51", '53\nmode = "observe"')],
    ["an election for each family", BOTH_FAMILIES, PER_FAMILY],
    ["one election again", PER_FAMILY, BOTH_FAMILIES],
    ["a router that comes", ALL, BACK],
    ["a router that goes", BACK, ALL],
    ["another name for a router", ALL, but("routers.front", "routers.shop")],
    ["a third director", ALL, THREE],
    ["a third director among peers", UNICAST, THREE_UNICAST],
    ["a third director that goes, where all share a group", THREE, ALL],
  ];
  for (const [name, before, after] of cases) {
    it(name, () => {
      assert.notEqual(name === "the same file", before !== after);
      for (const director of ["lb1", "lb2"]) assert.deepEqual(consequences(before, after, director), []);
    });
  }
});

describe("neighbours would mind", () => {
  const cases: [string, string, string, RegExp[]][] = [
    ["another version", ONE_SECOND, V2, [/lb2 .+\(wrong-version\)$/, /this director .+\(wrong-version\)$/]],
    ["signatures at once", ALL, signed("1"), [/lb2 .+\(too-long\)$/, /this director .+\(unsigned\)$/]],
    ["a key that nobody has", signed("1"), signed("2", "enforce", [1, 2]), [/lb2 .+\(unknown-key\)$/]],
    [
      "a key that others still use",
      signed("1", "enforce", [1, 2]),
      signed("2", "enforce", [2]),
      [/this director .+\(unknown-key\)$/],
    ],
    [
      "another key under the same id",
      signed("1"),
      signed("1", "enforce", [1], "b"),
      [/lb2 .+\(wrong-signature\)$/, /this director .+\(wrong-signature\)$/],
    ],
    ["another VRID", ALL, but("51", "53"), [/lb2 .+\(unknown-vrid\)$/, /this director .+\(unknown-vrid\)$/]],
    [
      "another VRID, which another router has",
      BACK,
      SWAPPED,
      [
        /front: lb2 would take the other's adverts for those of router back$/,
        /front: this director would take the other's adverts for those of router back$/,
        /back: lb2 would take the other's adverts for those of router front$/,
        /back: this director would take the other's adverts for those of router front$/,
      ],
    ],
    [
      "another interval in version 2",
      V2,
      V2.replace('"1s"', '"2s"'),
      [/lb2 .+\(wrong-interval\)$/, /this director .+\(wrong-interval\)$/],
    ],
    [
      "a password where there was none",
      V2,
      SECRET,
      [/lb2 .+\(wrong-authentication\)$/, /this director .+\(wrong-authentication\)$/],
    ],
    [
      "another password",
      SECRET,
      SECRET.replace("sesame", "simsim"),
      [/lb2 .+\(wrong-password\)$/, /this director .+\(wrong-password\)$/],
    ],
    [
      "another group",
      ALL,
      but("vrid = 51", 'vrid = 51\ngroup = "224.0.0.99"'),
      [/lb2 .+\(wrong-destination\)$/, /this director .+\(wrong-destination\)$/],
    ],
    ["unicast", ALL, UNICAST, [/lb2 .+\(wrong-destination\)$/, /this director .+\(wrong-destination\)$/]],
    [
      "the end of unicast",
      UNICAST,
      ALL,
      [/lb2 .+\(wrong-destination\)$/, /this director .+\(wrong-destination\)$/],
    ],
    [
      "another own address among peers",
      UNICAST,
      UNICAST.replace("192.0.2.11", "192.0.2.21"),
      [/lb2 .+\(unknown-peer\)$/, /this director would get no adverts/],
    ],
    [
      "another address of a neighbour among peers",
      UNICAST,
      UNICAST.replace("192.0.2.12", "192.0.2.22"),
      [/lb2 would get no adverts/, /this director .+\(unknown-peer\)$/],
    ],
    ["a higher `min_ttl`", FAR, UNICAST, [/this director .+\(bad-ttl\)$/]],
    [
      "a peer that is no director any more, but may live",
      THREE_UNICAST,
      UNICAST,
      [/lb3 would get no adverts/, /this director .+\(unknown-peer\)$/],
    ],
    [
      "another family",
      ALL,
      but('"192.0.2.100", {', '"fd00::1", "192.0.2.100", {'),
      [/lb2 .+\(unknown-vrid\)$/, /this director .+\(unknown-vrid\)$/],
    ],
  ];
  for (const [name, before, after, expected] of cases) {
    it(name, () => {
      const found = consequences(before, after);
      assert.equal(found.length, expected.length, found.join("\n"));
      for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? "", pattern);
    });
  }

  it("on each side alike, and never says a password", () => {
    for (const director of ["lb1", "lb2"]) {
      const found = wireBreak(clusterOf(SECRET), clusterOf(SECRET.replace("sesame", "simsim")), director);
      assert(found !== undefined);
      assert.doesNotMatch(describeWireBreak(found).join("\n"), /sesame|simsim/);
    }
  });
});

describe("the order", () => {
  const other = (text: string) => text.replace("vrid = 51", "vrid = 53");
  const cases: [string, string, string, string][] = [
    ["has the master last", ALL, other(ALL), "lb2, lb1"],
    ["has the backups by rising priority", THREE, other(THREE), "lb2, lb3, lb1"],
    ["is that of the routers that are concerned", BACK, BACK.replace("vrid = 52", "vrid = 53"), "lb1, lb2"],
    ["of several weighs them all", BACK, SWAPPED, "lb1, lb2"],
    [
      "begins with who is to stop",
      THREE_UNICAST,
      UNICAST,
      "lb3 (stop it: the file has it no more), lb2, lb1",
    ],
  ];
  for (const [name, before, after, order] of cases) {
    it(name, () => {
      for (const director of ["lb1", "lb2"])
        assert.equal(wireBreak(clusterOf(before), clusterOf(after), director)?.order, order);
    });
  }
});
