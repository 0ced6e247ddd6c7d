import { describe } from "node:test";
import { but, checkIssues, DIRECTORS, ROUTER } from "../support.ts";

const PAIR = DIRECTORS + ROUTER;
const SECOND = but('"100ms"', '"1s"', PAIR);
const ROUTER6 = `
[routers.front]
vrid = 51
interval = "100ms"
priority = { lb1 = 150, lb2 = 100 }
addresses = ["2001:db8::100", "192.0.2.100"]
`;
const PAIR6 = DIRECTORS + ROUTER6;
const BOTH = PAIR6.replace('"192.0.2.11"', '["192.0.2.11", "2001:db8::11"]').replace(
  '"192.0.2.12"',
  '["192.0.2.12", "2001:db8::12"]',
);

describe("version 2", () => {
  checkIssues([
    ["is spoken", `${SECOND}version = ^2`, "warning version-2"],
    ["has a password", `${SECOND}version = ^2\npassword = "s3cr3t"`, "warning version-2"],
    ["has a long password", `${SECOND}version = 2\npassword = ^"123456789"`, "bad-password"],
    [
      "has tenths of a second",
      `${but('"100ms"', '^"1.5s"', PAIR)}version = ^2`,
      "interval-of-version",
      "warning version-2",
    ],
    ["over IPv6", `${but('"100ms"', '"1s"', PAIR6)}version = ^2`, "version-2-ipv6"],
    ["has a choice of checksums", `${SECOND}version = 2\nchecksum = ^"plain"`, "checksum-without-choice"],
  ]);
});

describe("version 3", () => {
  checkIssues([
    ["with IPv4 before IPv6", but('["192.0.2.100"', '["192.0.2.100", "2001:db8::100"', PAIR)],
    ["with IPv6 before IPv4", PAIR6],
    ["has no password", `${PAIR}password = ^"s3cr3t"`, "password-without-version-2"],
    [
      "has a longer interval than the wire",
      but('"100ms"', '^"41s"', `${PAIR}[stop]\ntimeout = "10m"`),
      "interval-of-version",
    ],
    ["has the other checksum", `${PAIR}checksum = "plain"`],
    ["has no other checksum over IPv6", `${PAIR6}checksum = ^"plain"`, "checksum-without-choice"],
    ["over both with one VRID", `${PAIR}${ROUTER6.replace("front", "back").replace(', "192.0.2.100"', "")}`],
    [
      "more addresses than an advert has room for",
      DIRECTORS + ROUTER6.replace(/\[.*\]\n$/, `^[${many(90)}]\n`),
      "warning addresses-not-advertised",
    ],
  ]);
});

describe("groups", () => {
  checkIssues([
    ["another", `${PAIR}group = "239.1.2.3"`],
    ["of the other family", `${PAIR}group = ^"ff02::12"`, "bad-group"],
    ["no group", `${PAIR}group = ^"192.0.2.1"`, "bad-group"],
    ["without use", `${PAIR}group = ^"239.1.2.3"\nunicast = true`, "group-with-unicast"],
  ]);
});

describe("unicast", () => {
  checkIssues([
    ["between two", `${PAIR}unicast = true\nmin_ttl = 64`],
    [
      "to nobody",
      but(/\[directors.lb2\][^[]*/.exec(PAIR)?.[0] ?? "", "", but(", lb2 = 100", "", PAIR)) +
        "unicast = ^true",
      "unicast-without-peers",
    ],
    [
      "to one whose address is not told",
      `${but('address = "192.0.2.12"\n', "", PAIR)}unicast = ^true`,
      "unicast-without-address",
    ],
    [
      "to one whose address a router tells",
      `${but('address = "192.0.2.12"\n', "", PAIR)}unicast = true\nsource = { lb2 = "192.0.2.12" }`,
    ],
    [
      "over IPv6, to one with an IPv4 address only",
      `${but(', "2001:db8::12"', "", BOTH)}unicast = ^true`,
      "unicast-without-address",
    ],
    ["over IPv6", `${BOTH}unicast = true`],
    ["a TTL without use", `${PAIR}min_ttl = ^64`, "min-ttl-without-unicast"],
  ]);
});

describe("sources", () => {
  checkIssues([
    ["of each director", `${PAIR}source = { lb1 = "192.0.2.1", lb2 = "192.0.2.2" }`],
    ["of a stranger", `${PAIR}source = { ^lb3 = "192.0.2.1" }`, "unknown-director"],
    ["of the other family", `${PAIR}source = { lb1 = ^"2001:db8::1" }`, "source-of-other-family"],
  ]);
});

function many(count: number): string {
  return Array.from({ length: count }, (_, index) => `"2001:db8::${(index + 1).toString(16)}"`).join(", ");
}
