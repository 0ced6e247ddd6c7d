/** Every value of the run, as it comes, and the table at its end. */
import { METRICS, type Metric, type MetricName } from "./metrics.ts";
import { summarize } from "./statistics.ts";

/** Under which conditions a value was measured. */
export interface Condition {
  readonly intervalMillis: number;
  /** `keelson → keepalived`: who left, and who came. `keelson, 100 servers`: who, and with how much. */
  readonly who: string;
}

interface Row extends Condition {
  readonly name: MetricName;
  readonly values: number[];
}

export class Results {
  readonly #rows: Row[] = [];
  #failures = 0;

  /** Trials that could not be measured. */
  get failures(): number {
    return this.#failures;
  }

  /** Runs one trial; when it cannot be measured, that is said and counted, and the run goes on. */
  async guard(trial: () => Promise<void>): Promise<void> {
    try {
      await trial();
    } catch (error) {
      this.#failures += 1;
      console.log(`  not measured: ${error instanceof Error ? error.message : error}`);
    }
  }

  add(name: MetricName, { intervalMillis, who }: Condition, value: number): void {
    const found = this.#find(name, intervalMillis, who);
    if (found !== undefined) found.values.push(value);
    else this.#rows.push({ name, intervalMillis, who, values: [value] });
    console.log(`  ${METRICS[name].title}, ${interval(intervalMillis)}, ${who}: ${number(value)}`);
  }

  /** The median so far; `undefined` when nothing was measured. */
  median(name: MetricName, { intervalMillis, who }: Condition): number | undefined {
    const found = this.#find(name, intervalMillis, who);
    return found === undefined ? undefined : summarize(found.values).median;
  }

  /** Markdown; Keelson's rows say whether the target was met. */
  table(): string {
    const head =
      "| what | unit | adverts | director → successor | trials | min | median | p90 | max | target | met |";
    const rule = "|---|---|---|---|---|---|---|---|---|---|---|";
    const order = Object.keys(METRICS);
    const rows = this.#rows.toSorted((left, right) => order.indexOf(left.name) - order.indexOf(right.name));
    return [head, rule, ...rows.map((row) => this.#line(row))].join("\n");
  }

  #line(row: Row): string {
    const metric: Metric = METRICS[row.name];
    const own = summarize(row.values);
    const peerRow = this.#find(row.name, row.intervalMillis, row.who.replaceAll("keelson", "keepalived"));
    const peer = peerRow === undefined ? undefined : summarize(peerRow.values);
    const [leaver = "", successor = leaver] = row.who.replace(/,.*/, "").split(" → ");
    const doer = metric.by === "successor" ? successor : leaver;
    const judged = doer === "keelson" && metric.target !== "";
    const verdict = judged ? [metric.target, metric.met(own, peer) ? "yes" : "**no**"] : ["", ""];
    const numbers = [own.min, own.median, own.p90, own.max].map(number);
    const cells = [
      metric.title,
      metric.unit,
      interval(row.intervalMillis),
      row.who,
      `${own.count}`,
      ...numbers,
    ];
    return `| ${[...cells, ...verdict].join(" | ")} |`;
  }

  #find(name: MetricName, intervalMillis: number, who: string): Row | undefined {
    return this.#rows.find(
      (row) => row.name === name && row.intervalMillis === intervalMillis && row.who === who,
    );
  }
}

function interval(millis: number): string {
  return millis < 1_000 ? `${millis} ms` : `${millis / 1_000} s`;
}

/** Infinity is what never happened while it was watched. */
function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "never";
  return Number.isInteger(value) ? `${value}` : value.toFixed(Math.abs(value) < 100 ? 2 : 0);
}
