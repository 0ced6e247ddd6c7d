import { describe } from "node:test";
import { but, checkIssues, DIRECTORS, ROUTER } from "../support.ts";

const PAIR = DIRECTORS + ROUTER;
const other = (lines: string) => `${PAIR}[routers.back]\npriority = { lb1 = 100, lb2 = 150 }\n${lines}`;

describe("VRIDs", () => {
  checkIssues([
    ["twice on one interface", other('vrid = ^51\naddresses = ["192.0.2.101"]'), "vrid-taken"],
    ["twice on two interfaces", other('vrid = 51\ninterface = "eth1"\naddresses = ["192.0.2.101"]')],
    [
      "twice on the directors' interface, named by one router",
      other('vrid = ^51\ninterface = "eth0"\naddresses = ["192.0.2.101"]'),
      "vrid-taken",
    ],
    [
      "twice on one director only",
      but(
        'address = "192.0.2.12"\ninterface = "eth0"',
        'address = "192.0.2.12"\ninterface = "eth5"',
        other('vrid = ^51\ninterface = "eth5"\naddresses = ["192.0.2.101"]'),
      ),
      "vrid-taken",
    ],
  ]);
});

describe("floating addresses", () => {
  checkIssues([
    ["in two routers", other('vrid = 52\naddresses = [^"192.0.2.100"]'), "address-taken"],
    ["twice in one", other('vrid = 52\naddresses = ["192.0.2.7", ^"192.0.2.7/24"]'), "address-taken"],
    [
      "on two interfaces",
      other('vrid = 52\naddresses = [^{ address = "192.0.2.100", interface = "eth7" }]'),
      "address-taken",
    ],
    ["that a director keeps", other('vrid = 52\naddresses = [^"192.0.2.12"]'), "address-of-director"],
    [
      "that their owner keeps",
      but("150 }\nvrid", "255 }\nvrid", other('vrid = 52\naddresses = ["192.0.2.12"]')),
    ],
  ]);
});

describe("a stop", () => {
  checkIssues([
    ["shorter than a hand-over may take", but('"100ms"', '^"2.1s"', PAIR), "warning stop-timeout-short"],
    ["just long enough", but('"100ms"', '"2s"', PAIR)],
    [
      "shorter than one may take that waits for so many adverts",
      but('"100ms"', '^"1s"\ndown_timer_adverts = 9', PAIR),
      "warning stop-timeout-short",
    ],
    ["just long enough for those", but('"100ms"', '"1s"\ndown_timer_adverts = 8', PAIR)],
  ]);
});

describe("missing adverts", () => {
  const counted = (count: string) => but('"100ms"', `"100ms"\ndown_timer_adverts = ${count}`, PAIR);
  checkIssues([
    ["of which one is enough", counted("^1"), "warning one-missing-advert"],
    ["of which two are", counted("2")],
    ["a hundred of them", counted("100").concat('\n[stop]\ntimeout = "20s"')],
    ["none", counted("^0"), "out-of-range"],
    ["too many", counted("^101"), "out-of-range"],
  ]);
});
