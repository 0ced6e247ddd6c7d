import { describe } from "node:test";
import { but, checkIssues, DIRECTORS, ROUTER } from "../support.ts";

const BACK = `
[routers.back]
vrid = 52
interval = "100ms"
priority = { lb1 = 150, lb2 = 100 }
addresses = ["192.0.2.101"]
`;
const TWO = DIRECTORS + ROUTER + BACK;
const group = (routers: string) => `[sync_groups.all]\nrouters = [${routers}]\n`;

describe("sync groups", () => {
  checkIssues([
    ["of two", TWO + group('"front", "back"')],
    ["of one", TWO + group('"front"').replace("[", "[").replace("routers = [", "routers = ^["), "too-few"],
    ["with a stranger", TWO + group('"front", "back", ^"bakc"'), "unknown-router"],
    ["with one twice", TWO + group('"front", "back", ^"front"'), "router-grouped-twice"],
    [
      "with one of another group",
      `${TWO}${group('"front", "back"')}[sync_groups.other]\nrouters = [^"back", ^"front"]\n`,
      "router-grouped-twice",
      "router-grouped-twice",
    ],
    [
      "with other priorities",
      DIRECTORS + ROUTER + but("lb2 = 100", "lb2 = 90", BACK) + group('"front", ^"back"'),
      "group-disagrees",
    ],
    [
      "with another interval",
      DIRECTORS + ROUTER + but('"100ms"', '"200ms"', BACK) + group('"front", ^"back"'),
      "group-disagrees",
    ],
    [
      "with another number of missing adverts",
      `${DIRECTORS}${ROUTER}${BACK}down_timer_adverts = 4\n${group('"front", ^"back"')}`,
      "group-disagrees",
    ],
    [
      "with another mode on one director",
      `${DIRECTORS}${ROUTER}${BACK}mode = { lb1 = "observe" }\n${group('"front", ^"back"')}`,
      "group-disagrees",
    ],
    [
      "with the same modes in other words",
      `${DIRECTORS}${ROUTER}${BACK}mode = { lb1 = "active" }\n${group('"front", "back"')}`,
    ],
    [
      "with another preemption",
      `${DIRECTORS}${ROUTER}${BACK}preempt = false\n${group('"front", ^"back"')}`,
      "group-disagrees",
    ],
  ]);
});

describe("weights in elections that are won together", () => {
  const link = (name: string) => `[tracks.${name}]\ntype = "interface"\ninterface = "eth9"\n`;
  const tracked = (router: string, ...weights: number[]) => {
    const list = weights.map((weight, index) => `{ name = "t${index}", weight = ${weight} }`);
    const tables = weights.map((_, index) => link(`t${index}`)).join("");
    return [`${router}track = ^[${list.join(", ")}]\n`, tables] as const;
  };
  const file = (...weights: number[]) => {
    const [front, tracks] = tracked(ROUTER, ...weights);
    const [back] = tracked(BACK, ...weights);
    return DIRECTORS + front + back.replace("^", "") + group('"front", "back"') + tracks;
  };
  const alone = ([router, tracks]: readonly [string, string]) => DIRECTORS + router + tracks;
  const each = but('["192.0.2.100"', '["192.0.2.100", "2001:db8::100"', `${ROUTER}election = "per-family"\n`);
  checkIssues([
    ["that bring two to one priority", file(-50), "warning weights-tie"],
    ["that do so together", file(-20, -30), "warning weights-tie"],
    ["that do so at the lowest", file(-200), "warning weights-tie"],
    ["that never do", file(-60, 20)],
    ["of one router with an election for each family", alone(tracked(each, -50)), "warning weights-tie"],
    ["of one router with one election", alone(tracked(ROUTER, -50))],
    [
      "of an owner",
      file(-50).replace("^", "").replaceAll("lb1 = 150", "lb1 = 255").replaceAll("track = [", "track = [^"),
      "warning weight-of-owner",
      "warning weight-of-owner",
    ],
  ]);
});
