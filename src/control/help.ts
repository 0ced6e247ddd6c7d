/** What `--help` prints. */
import { isVerb, type Option, VERBS, type Verb } from "./verbs.ts";

const EXIT_CODES = `Exit codes: 0 done, 1 refused, 2 bad cluster file, 3 no daemon there.`;

/** @param topic a verb, or the first word of some */
export function helpText(topic: string | undefined): string {
  return topic !== undefined && isVerb(topic) ? verbHelp(topic, VERBS[topic]) : overview(topic);
}

function overview(group: string | undefined): string {
  const verbs = Object.entries(VERBS)
    .filter(([name]) => group === undefined || name.startsWith(`${group} `))
    .map(([name, { summary }]) => [name, summary] as const);
  return [
    "keelson: keeps service addresses alive on Linux load-balancer directors\n",
    "Usage: keelson VERB [OPTION]…\n",
    twoColumns(verbs),
    "\nkeelson VERB --help says more; keelson --version prints the version.",
    EXIT_CODES,
  ].join("\n");
}

function verbHelp(name: string, { summary, operand, second, options }: Verb): string {
  const operands = [operand, second].filter((one) => one !== undefined);
  const rows = [
    ...operands.map((one) => [one.placeholder, withFallback(one)] as const),
    ...options.map((option) => [usage(option), withFallback(option)] as const),
  ];
  return [
    `keelson ${name}: ${summary}\n`,
    `Usage: keelson ${name}${options.length === 0 ? "" : " [OPTION]…"}${operands.map(({ placeholder }) => ` [${placeholder}]`).join("")}`,
    ...(rows.length === 0 ? [] : [`\n${twoColumns(rows)}`]),
    `\n${EXIT_CODES}`,
  ].join("\n");
}

function usage({ name, placeholder }: Option): string {
  return placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
}

function withFallback({
  meaning,
  fallback,
}: {
  readonly meaning: string;
  readonly fallback?: string;
}): string {
  return fallback === undefined ? meaning : `${meaning} (${fallback})`;
}

function twoColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
