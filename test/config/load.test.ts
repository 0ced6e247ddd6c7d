import { describe } from "node:test";
import { ALL, but, checkIssues, DIRECTORS, ROUTER } from "./support.ts";

const PRIORITY = "priority = { lb1 = 150, lb2 = 100 }";

const router = (from: string, to: string) => but(from, to, DIRECTORS + ROUTER);
const service = (lines: string) => but("[services.web]\n", `[services.web]\n${lines}\n`);
const checked = (keys: string) => service(`check = { ${keys} }`);
const listening = (list: string) => but('listen = ["192.0.2.100:80"]', `listen = ${list}`);

describe("a file is accepted", () => {
  checkIssues([
    ["with all its parts", ALL],
    ["without services", DIRECTORS + ROUTER],
    [
      "with one director and one priority",
      router(PRIORITY, "priority = 9").replace(/\[directors.lb2\][^[]*/, ""),
    ],
    ["with Windows line ends", ALL.replaceAll("\n", "\r\n")],
    ["with a byte order mark", `\ufeff${ALL}`],
    ["with quoted keys", but("[routers.front]", '["routers"."front"]')],
    ["with VRRP's shortest interval", router('"100ms"', '"10ms"').replace("lb2 = 100", "lb2 = 50")],
    ["with VRRP's longest interval", `${router('"100ms"', '"40.95s"')}[stop]\ntimeout = "5m"`],
    ["with an owner of its address", router("150", "255").replace("192.0.2.100", "192.0.2.11")],
    ["with a gateway whose network is not written", but("/24", "")],
    ["with direct routing to the same port", service('forward = "direct"').replace(":8080", ":80")],
    [
      "with NAT for one server only",
      service('forward = "direct"').replace(':8080"', ':8080"\nforward = "nat"'),
    ],
    ["with a UDP service that says it has no check", service('protocol = "udp"\ncheck = { type = "none" }')],
    [
      "with TCP and UDP on one port",
      `${ALL}[services.dns]\nprotocol = "udp"\nlisten = ["192.0.2.100:80"]\ncheck.type = "tcp"\nservers.rs1.address = "10.0.0.1:53"`.replace(
        "10.0.0.1:53",
        "10.0.0.2:53",
      ),
    ],
    [
      "with a demanding check",
      checked('type = "http", status = [204, "300-399"], headers = { a = "b" }, max_body = 0'),
    ],
  ]);
});

describe("what is not TOML is placed", () => {
  checkIssues([
    ["text without quotes", "a = ^b", "invalid-toml"],
    ["a duration without quotes", "a = 100^ms", "invalid-toml"],
    ["an open quote", 'a = "x^\nb = 1', "invalid-toml"],
    ["no value", "a =^\n", "invalid-toml"],
    ["no closing bracket", "[a^\n", "invalid-toml"],
    ["a key twice", "[a]\nb = 1\n^b = 2", "duplicate-key"],
    ["a table twice", "[a]\n^[a]", "duplicate-key"],
    ["a table that was a value", "a = 1\n^[a.b]", "duplicate-key"],
    ["a number too large for any type", "a = ^99999999999999999999", "invalid-toml"],
    ["a number too large for us", "a = ^9007199254740993", "invalid-toml"],
    ["a day that never was", "a = ^2021-02-30", "invalid-toml"],
    ["an unknown escape", 'a = "^\\q"', "invalid-toml"],
    ["lists in lists without end", `a = ${"[".repeat(500)}^${"[".repeat(9_000)}`, "invalid-toml"],
  ]);
});

describe("keys and names", () => {
  checkIssues([
    ["nothing at all", "", "missing-key", "missing-key"],
    ["an unknown key", but("vrid", "^colour = 3\nvrid"), "unknown-key"],
    ["a mistyped key, which is not missing too", router("vrid", "^vird"), "unknown-key"],
    ["a mistyped table", but("[services.web.servers", "^[services.web.severs"), "unknown-key"],
    ["a key of another type of check", checked('type = "tcp", ^path = "/"'), "unknown-key"],
    ["keepalived's words", router("vrid", "^virtual_router_id"), "unknown-key"],
    ["a check without a type", service('^check = { interval = "2s" }'), "missing-key"],
    ["a missing key", router("vrid = 51\n", "").replace("[routers", "^[routers"), "missing-key"],
    ["a name in capitals", but("[directors.lb2]", "^[directors.LB2]"), "bad-name"],
    ["a name with spaces", but("[services.web.servers.rs1]", '^[services.web.servers."r s"]'), "bad-name"],
    ["a name of 64 letters", `${ALL}^[services.${"a".repeat(64)}]\nlisten = ["192.0.2.100:81"]`, "bad-name"],
    ["a cluster's bad name", but('"shop"', '^"Our shop"'), "bad-name"],
    ["a name that JavaScript knows", `${ALL}^[routers.__proto__]\nvrid = 3`, "bad-name"],
    [
      "the same in a list",
      listening('["192.0.2.100:80", { mark = 5, family = 4, ^__proto__ = 1 }]'),
      "bad-name",
    ],
    [
      "the same where any name may stand",
      checked('type = "http", headers = { ^__proto__ = "x" }'),
      "bad-name",
    ],
    ["the same as a key", but("vrid", "^__proto__ = 3\nvrid"), "bad-name"],
    ["a header that is none", checked('type = "http", headers = { ^"a b" = "c" }'), "bad-header"],
  ]);
});

describe("what is not supported yet is refused by name", () => {
  checkIssues([
    ["unicast", but("vrid", '^unicast_peers = ["192.0.2.12"]\nvrid'), "not-supported-yet"],
    ["a whole section", `${ALL}^[gateways.all]`, "not-supported-yet"],
    ["HTTPS checks", checked('type = ^"https"'), "not-supported-yet"],
  ]);
});

describe("types", () => {
  checkIssues([
    [
      "a date where a table belongs",
      but("[cluster]", "ipvs = ^1979-05-27T07:32:00Z\n[cluster]"),
      "wrong-type",
    ],
    ["a date where text belongs", but('name = "shop"', "name = ^1979-05-27T07:32:00Z"), "wrong-type"],
    ["a date that is none", but('name = "shop"', "name = 2020-0^:-05"), "invalid-toml"],
    ["text for a number", router("51", '^"51"'), "wrong-type"],
    ["half a VRID", router("51", "^5.5"), "wrong-type"],
    ["no number", router("51", "^nan"), "wrong-type"],
    ["a number for text", but('"shop"', "^3"), "wrong-type"],
    ["a duration without unit", router('"100ms"', "^100"), "wrong-type"],
    ["text for a list", listening('^"192.0.2.100:80"'), "wrong-type"],
    ["a list of tables for a table", router("[routers.front]", "^[[routers.front]]"), "wrong-type"],
    ["a moment for a name", but('"shop"', "^2021-02-03T00:00:00Z"), "wrong-type"],
    ["a list for a priority", router("{ lb1 = 150, lb2 = 100 }", "^[1]"), "wrong-type"],
    ["text for one priority", router("150", '^"high"'), "wrong-type"],
    ["a number for an address", router('"192.0.2.100"', "^3"), "wrong-type"],
    ["a truth for a status", checked('type = "http", status = [200, ^true]'), "wrong-type"],
  ]);
});

describe("values", () => {
  checkIssues([
    ["a VRID over 255", router("51", "^256"), "out-of-range"],
    ["VRID 0", router("51", "^0"), "out-of-range"],
    ["priority 0", router("100 }", "^0 }"), "out-of-range"],
    ["priority 256", router("150", "^256"), "out-of-range"],
    ["an interval too short", router('"100ms"', '^"5ms"'), "out-of-range"],
    ["an interval too long", router('"100ms"', '^"256s"'), "out-of-range"],
    ["an interval between centiseconds", router('"100ms"', '^"105ms"'), "bad-duration"],
    ["a duration in years", service('remove_after = ^"1y"'), "bad-duration"],
    ["a weight below 0", but(':8080"', ':8080"\nweight = ^-1'), "out-of-range"],
    ["a weight over 65535", but(':8080"', ':8080"\nweight = ^65536'), "out-of-range"],
    ["fall 0", checked('type = "tcp", fall = ^0'), "out-of-range"],
    ["rise 0", checked('type = "tcp", rise = ^0'), "out-of-range"],
    ["a check's port 0", checked('type = "tcp", port = ^0'), "out-of-range"],
    ["a host name for an address", router('"192.0.2.100"', '^"www.example.com"'), "bad-address"],
    ["a multicast address", router('"192.0.2.100"', '^"224.0.0.18"'), "bad-address"],
    ["a network's own address", router('"10.0.0.1/24"', '^"10.0.0.0/24"'), "bad-address"],
    ["a network's broadcast", router('"10.0.0.1/24"', '^"10.0.0.255/24"'), "bad-address"],
    ["a prefix of 33 bits", router('"10.0.0.1/24"', '^"10.0.0.1/33"'), "bad-prefix"],
    ["a prefix of none", router('"10.0.0.1/24"', '^"10.0.0.1/"'), "bad-prefix"],
    ["no address at all", router(/\[.192.*/.exec(ROUTER)?.[0] ?? "", "^[]"), "too-few"],
    ["1001 addresses", router(/\[.192.*/.exec(ROUTER)?.[0] ?? "", `^[${many(1001)}]`), "too-many"],
    ["no port", listening('[^"192.0.2.100"]'), "bad-endpoint"],
    ["port 0", listening('[^"192.0.2.100:0"]'), "bad-port"],
    ["port 65536", listening('[^"192.0.2.100:65536"]'), "bad-port"],
    ["an interface with a space", but('"eth0"', '^"eth 0"'), "bad-interface"],
    ["an interface of 16 letters", but('"eth0"', `^"${"e".repeat(16)}"`), "bad-interface"],
    ["an interface of 16 bytes in 8 letters", but('"eth0"', `^"${"é".repeat(8)}"`), "bad-interface"],
    ["an interface with a control character", but('"eth0"', '^"eth\\u0007"'), "bad-interface"],
    ["a mistyped choice", service('on_failure = ^"drian"'), "unknown-value"],
    ["an unknown type of check", checked('type = ^"tpc"'), "unknown-value"],
    ["a table for a type of check", checked("type = ^{}"), "wrong-type"],
    ["a scheduler in capitals", service('scheduler = ^"WLC"'), "bad-scheduler"],
    ["statuses backwards", checked('type = "http", status = [^"299-200"]'), "bad-status"],
    ["status 99", checked('type = "http", status = [^99]'), "out-of-range"],
    ["a relative path", checked('type = "http", path = ^"index.html"'), "bad-path"],
    ["a URL for a host", checked('type = "http", host = ^"http://a/"'), "bad-host"],
    ["two lines for a header", checked('type = "http", headers = { a = ^"b\\r\\nc: d" }'), "bad-header"],
    ["nothing to contain", checked('type = "http", contains = ^""'), "empty"],
  ]);
});

describe("all issues come at once", () => {
  const broken = but("51", "^0").replace("rs1]\n", "rs1]\n^wieght = 3\n");
  const other = '[routers.a]\nvrid = 7\npriority = ^1\naddresses = ["192.0.2.7"]';
  checkIssues([
    ["in the order of the text", broken, "out-of-range", "unknown-key"],
    ["also those between sound parts", broken + other, "out-of-range", "unknown-key", "equal-priorities"],
    [
      "an unknown key hides no other",
      but("51", "51\n^color = 1").replace("= 100", "= ^150"),
      "unknown-key",
      "equal-priorities",
    ],
    ["but what leans on a broken part is not doubted", but("51", "^0"), "out-of-range"],
  ]);
});

function many(count: number): string {
  return Array.from({ length: count }, (_, index) => `"10.1.${index >> 8}.${index & 255}"`).join(", ");
}
