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
