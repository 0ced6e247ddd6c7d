/** The words of one line that ipvsadm saved: its options by their long names. */

/** Long name, short name, and what follows: nothing, a value, or perhaps a number. */
const OPTIONS: readonly (readonly [long: string, short: string, value: "none" | "value" | "perhaps"])[] = [
  ["add-service", "A", "none"],
  ["add-server", "a", "none"],
  ["tcp-service", "t", "value"],
  ["udp-service", "u", "value"],
  ["sctp-service", "", "value"],
  ["fwmark-service", "f", "value"],
  ["ipv6", "6", "none"],
  ["scheduler", "s", "value"],
  ["persistent", "p", "perhaps"],
  ["netmask", "M", "value"],
  ["pe", "", "value"],
  ["ops", "o", "none"],
  ["sched-flags", "b", "value"],
  ["real-server", "r", "value"],
  ["gatewaying", "g", "none"],
  ["ipip", "i", "none"],
  ["masquerading", "m", "none"],
  ["weight", "w", "value"],
  ["u-threshold", "x", "value"],
  ["l-threshold", "y", "value"],
  ["tun-type", "", "value"],
  ["tun-port", "", "value"],
  ["tun-nocsum", "", "none"],
  ["tun-csum", "", "none"],
  ["tun-remcsum", "", "none"],
];
const KEY = "tcp-service udp-service sctp-service fwmark-service ipv6";
const WORDS_OF: Readonly<Record<string, string>> = {
  "add-service": `${KEY} scheduler persistent netmask pe ops sched-flags`,
  "add-server": `${KEY} real-server gatewaying ipip masquerading weight u-threshold l-threshold tun-type tun-port tun-nocsum tun-csum tun-remcsum`,
};

/** It remembers the first thing that is wrong with it, and answers with fallbacks from then on. */
export class SavedLine {
  readonly #values = new Map<string, string>();
  #wrong: string | undefined;

  constructor(words: readonly string[]) {
    this.#read(words);
    if (this.#wrong === undefined) this.#checkWords();
  }

  get wrong(): string | undefined {
    return this.#wrong;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** A whole number from `min` to `max`; `fallback` when it is not there, or not that. */
  number(
    name: string,
    { min, max, fallback }: { readonly min: number; readonly max: number; readonly fallback: number },
  ): number {
    const text = this.#values.get(name);
    if (text === undefined || text === "") return fallback;
    const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
    if (value >= min && value <= max) return value;
    this.fail(`\`--${name}\` wants a number from ${min} to ${max}, not \`${text}\``);
    return fallback;
  }

  /** The first one counts. */
  fail(message: string): void {
    this.#wrong ??= message;
  }

  #read(words: readonly string[]): void {
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? "";
      const [spelling = "", inline] = word.startsWith("--") ? word.split("=", 2) : [word];
      const option = OPTIONS.find(([long, short]) => {
        return spelling === `--${long}` || (short !== "" && spelling === `-${short}`);
      });
      if (option === undefined) return this.fail(`\`${word}\` is no word of a saved table`);
      const [name, , kind] = option;
      if (this.#values.has(name)) return this.fail(`\`${word}\` is there twice`);
      const next = inline ?? words[at + 1];
      const takes = kind === "value" || (kind === "perhaps" && next !== undefined && /^\d/.test(next));
      if (kind === "value" && (next === undefined || next === ""))
        return this.fail(`\`${word}\` needs a value`);
      if (!takes && inline !== undefined) return this.fail(`\`${spelling}\` takes no value`);
      this.#values.set(name, takes ? (next ?? "") : "");
      if (takes && inline === undefined) at++;
    }
  }

  #checkWords(): void {
    const commands = Object.keys(WORDS_OF).filter((name) => this.has(name));
    const [command = ""] = commands;
    if (commands.length !== 1)
      return this.fail("a line of a saved table adds a service (-A) or a server (-a)");
    const known = WORDS_OF[command]?.split(" ") ?? [];
    const stranger = [...this.#values.keys()].find((name) => name !== command && !known.includes(name));
    if (stranger !== undefined) this.fail(`\`--${stranger}\` does not go with \`--${command}\``);
  }
}
