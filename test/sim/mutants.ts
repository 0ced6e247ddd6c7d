/** Small lies in the core, each of which the simulator must catch. The text to replace occurs exactly once. */
interface Mutant {
  /** What it breaks. */
  readonly intent: string;
  readonly file: string;
  readonly text: string;
  readonly becomes: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    intent: "a backup claims when one advert less is missing",
    file: "src/vrrp/intervals.ts",
    text: "pace.downTimerAdverts * pace.interval",
    becomes: "(pace.downTimerAdverts - 1) * pace.interval",
  },
  {
    intent: "the worse the priority, the shorter the wait",
    file: "src/vrrp/intervals.ts",
    text: "(PRIORITY_RANGE - priority) / PRIORITY_RANGE",
    becomes: "priority / PRIORITY_RANGE",
  },
  {
    intent: "between equals the lower address wins",
    file: "src/vrrp/classify.ts",
    text: "compareIp(source, own.source) > 0",
    becomes: "compareIp(source, own.source) < 0",
  },
  {
    intent: "a master that listens after a stall minds priorities",
    file: "src/vrrp/classify.ts",
    text: '  if (own.listening) return "advert-while-listening";\n',
    becomes: "",
  },
  {
    intent: "a master never yields to a better one",
    file: "src/vrrp/transitions.ts",
    text: '"advert-better": row("Leaving", "advert", "leave-for-better", "hear-successor")',
    becomes: '"advert-better": row("Master")',
  },
  {
    intent: "a drill says no goodbye",
    file: "src/vrrp/transitions.ts",
    text: 'row("Leaving", "goodbye", "leave-for-drill")',
    becomes: 'row("Leaving", "leave-for-drill")',
  },
  {
    intent: "a stop lets go of the addresses before anybody else has them",
    file: "src/vrrp/transitions.ts",
    text: '"leave-to-step-down"),\n    stop: row("Leaving", "goodbye", "leave-for-stop")',
    becomes: '"leave-to-step-down"),\n    stop: row("Leaving", "goodbye", "release", "leave-for-stop")',
  },
  {
    intent: "a director that handed over keeps the addresses",
    file: "src/vrrp/transitions.ts",
    text: '"handed-over": row("Backup", "release", "arm-down")',
    becomes: '"handed-over": row("Backup", "arm-down")',
  },
  {
    intent: "a master in trouble keeps the addresses",
    file: "src/vrrp/transitions.ts",
    text: 'fault: row("Fault", "goodbye", "release", "arm-retry")',
    becomes: 'fault: row("Fault", "goodbye", "arm-retry")',
  },
  {
    intent: "leftovers that nobody claims are let go",
    file: "src/vrrp/transitions.ts",
    text: '"nobody-heard": CLAIM',
    becomes: '"nobody-heard": row("Backup", "release", "arm-down")',
  },
  {
    intent: "a challenged master does not announce again",
    file: "src/vrrp/possession.ts",
    text: "if (this.#announcements.again(settings.announce, now)) this.#announce(settings, this.#held);\n    else this.#armAnnounce(settings);",
    becomes: "this.#armAnnounce(settings);",
  },
  {
    intent: "without preemption a lower master is not followed",
    file: "src/vrrp/transitions.ts",
    text: '"advert-lower-held": row("Backup", "hear")',
    becomes: '"advert-lower-held": IGNORE_BACKUP',
  },
  {
    intent: "a claim says nothing to the neighbours",
    file: "src/vrrp/transitions.ts",
    text: 'const CLAIM = row("Master", "advert", "hold", "announce", ',
    becomes: 'const CLAIM = row("Master", "advert", "hold", ',
  },
  {
    intent: "a claim is announced before the address is there",
    file: "src/vrrp/transitions.ts",
    text: 'const CLAIM = row("Master", "advert", "hold", "announce", "arm-advert", "end-held");',
    becomes: 'const CLAIM = row("Master", "announce", "advert", "arm-advert", "end-held");',
  },
  {
    intent: "an owner stays master beside another owner that does not listen",
    file: "src/vrrp/unheard.ts",
    text: " && !isRival(advert, settings)",
    becomes: "",
  },
  {
    intent: "an owner that gave way to another one claims as soon as its link is back",
    file: "src/vrrp/candidacy.ts",
    text: " && !this.#rival.serves",
    becomes: "",
  },
  {
    intent: "a stalled master does not doubt itself",
    file: "src/vrrp/stall.ts",
    text: "times(cadence, settings.downTimerAdverts)",
    becomes: "times(cadence, 3_000)",
  },
  {
    intent: "two hold an address for 400 ms during a hand-over",
    file: "src/vrrp/handover.ts",
    text: "export const OVERLAP_LIMIT = millis(20);",
    becomes: "export const OVERLAP_LIMIT = millis(400);",
  },
  {
    intent: "a director that is not ready preempts",
    file: "src/vrrp/candidacy.ts",
    text: " && this.#node.ready(),",
    becomes: ",",
  },
  {
    intent: "a drill is forgotten at once",
    file: "src/vrrp/candidacy.ts",
    text: "this.#heldBack = back;",
    becomes: "this.#heldBack = false;",
  },
  {
    intent: "old adverts of a stalled queue end the wait after a hand-over",
    file: "src/vrrp/hearing.ts",
    text: "isOlder ? { ...heard, at: followed.at } : heard;",
    becomes: "heard;",
  },
  {
    intent: "a router of a sync group goes on when another gives way",
    file: "src/elector/sync-groups.ts",
    text: "if (leader !== undefined) {",
    becomes: "if (leader?.state === undefined) {",
  },
  {
    intent: "a provoked master answers without limit",
    file: "src/vrrp/speech.ts",
    text: "between(this.#answeredAt, now) < settings.interval",
    becomes: "between(this.#answeredAt, now) < 0",
  },
  {
    intent: "the kernel lifetime of the addresses is not renewed in time",
    file: "src/vrrp/possession.ts",
    text: "const REFRESH_LIFETIME = seconds(20);",
    becomes: "const REFRESH_LIFETIME = seconds(90);",
  },
  {
    intent: "an address that somebody takes away is fought over for ever",
    file: "src/vrrp/faults.ts",
    text: "const CONTESTED_LOSSES = 3;",
    becomes: "const CONTESTED_LOSSES = 300;",
  },
  {
    intent: "an address of a stranger is nobody's concern",
    file: "src/vrrp/faults.ts",
    text: "this.#node.present(arm) && !this.#node.ours(arm)",
    becomes: "this.#node.present(arm) && this.#node.ours(arm) && false",
  },
  {
    intent: "a goodbye is heeded whoever says it",
    file: "src/vrrp/hearing.ts",
    text: "followed.source === heard.source",
    becomes: "followed.source !== undefined",
  },
  {
    intent: "a master that gave way counts from the age of what waited in its queue",
    file: "src/vrrp/machine.ts",
    text: "    this.hearing.gaveWay(now);\n",
    becomes: "",
  },
  {
    intent: "a master that listens after a stall answers a goodbye",
    file: "src/vrrp/speech.ts",
    text: '    if (this.#timers.at("listen") !== undefined) return;\n    if (this.#answeredAt',
    becomes: "    if (this.#answeredAt",
  },
  {
    intent: "an orderly stop never ends the process",
    file: "src/elector/engine.ts",
    text: '    this.#outbox.push({ kind: "stopped" });\n',
    becomes: "",
  },
  {
    intent: "the last will knows of no addresses",
    file: "src/vrrp/will-writer.ts",
    text: "addresses: held, steering }",
    becomes: "addresses: [], steering }",
  },
  {
    intent: "a reload begins the wait for the next advert anew",
    file: "src/vrrp/router.ts",
    text: "if (settings.interval !== before.interval) this.#machine.speech.retime(this.#settings, before, now);",
    becomes: "this.#machine.speech.armNext(this.#settings, now);",
  },
  {
    intent: "an address that another file no longer has stays where it is",
    file: "src/vrrp/possession.ts",
    text: "      this.#releaseAllBut(settings.addresses);\n      this.#steer",
    becomes: "      this.#steer",
  },
  {
    intent: "a weight counts while what is tracked is down, whatever its sign",
    file: "src/vrrp/tracked.ts",
    text: "verdict?.up === weight > 0",
    becomes: "verdict?.up === false",
  },
  {
    intent: "a priority only ever rises",
    file: "src/vrrp/candidacy.ts",
    text: "if (from === to) return undefined;",
    becomes: "if (from >= to) return undefined;",
  },
  {
    intent: "preempt = false is not read",
    file: "src/vrrp/preemption.ts",
    text: "return settings.preempt && this.holdDown",
    becomes: "return this.holdDown",
  },
  {
    intent: "a master that stood still listens for half a minute",
    file: "src/vrrp/hearing.ts",
    text: "const LISTEN_MARGIN = millis(2);",
    becomes: "const LISTEN_MARGIN = millis(30_000);",
  },
  {
    intent: "a master gives way to a better one, and keeps the addresses for a second",
    file: "src/vrrp/handover.ts",
    text: "return this.#successorHeard ? held.filter",
    becomes: "return this.#successorHeard && held.length > 9 ? held.filter",
  },
  {
    intent: "a longer interval is told once, and the silence grows at once",
    file: "src/vrrp/speech.ts",
    text: "const TOLD_BEFOREHAND = 3;",
    becomes: "const TOLD_BEFOREHAND = 1;",
  },
  {
    intent: "a master that is not heard stays beside the other one",
    file: "src/vrrp/unheard.ts",
    text: "return between(since, now) >= times(longer, PATIENCE);",
    becomes: "return between(since, now) >= times(longer, 99 * PATIENCE);",
  },
  {
    intent: "an answer that is on its way counts as not heard",
    file: "src/vrrp/unheard.ts",
    text: "const PATIENCE = 4;",
    becomes: "const PATIENCE = 1;",
  },
  {
    intent: "who was not heard tries again at once",
    file: "src/vrrp/preemption.ts",
    text: "growing(this.#unheard, UNHEARD_MEMORY, 0, now)",
    becomes: "undefined",
  },
  {
    intent: "a director on standby competes as before",
    file: "src/vrrp/tracked.ts",
    text: "  if (standby) return LEAST;\n",
    becomes: "",
  },
];
