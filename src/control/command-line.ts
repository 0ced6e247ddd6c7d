/** From the words of the command line to a verb and what was given with it, or one line about what is wrong. */
import { parseArgs } from "node:util";
import { nearest } from "../config/nearest.ts";
import { Bug } from "../net/bug.ts";
import { isVerb, type Option, VERBS, type Verb, type VerbName, verbsOf } from "./verbs.ts";

/** Values not given have their fallback, where there is one. */
export interface Given {
  readonly operand: string | undefined;
  readonly second: string | undefined;
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

type CommandLine =
  | { readonly kind: "verb"; readonly verb: VerbName; readonly given: Given }
  /** A verb, or the first word of some; everything without a topic. */
  | { readonly kind: "help"; readonly topic: string | undefined }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly message: string };

export function readCommandLine(words: readonly string[]): CommandLine {
  const [first, ...rest] = words;
  switch (first) {
    case undefined:
      return wrong("keelson: say what to do", "keelson --help lists the verbs");
    case "--version":
      return { kind: "version" };
    case "--help":
    case "-h":
      return { kind: "help", topic: undefined };
    default:
      if (isVerb(first)) return readVerb(first, rest);
      return verbsOf(first).length === 0 ? unknownWord(first) : readGroup(first, rest);
  }
}

function readGroup(group: string, [second = "--help", ...rest]: readonly string[]): CommandLine {
  const both = `${group} ${second}`;
  if (isVerb(both)) return readVerb(both, rest);
  return second === "--help" || second === "-h" ? { kind: "help", topic: group } : unknownWord(both);
}

function unknownWord(word: string): CommandLine {
  const what = word.startsWith("-") ? "option before the verb" : "verb";
  const known = word.startsWith("-") ? ["--version", "--help"] : Object.keys(VERBS);
  return wrong(
    `keelson: unknown ${what} ${word}`,
    meant(nearest(word, known)) ?? "keelson --help lists the verbs",
  );
}

function readVerb(name: VerbName, words: readonly string[]): CommandLine {
  const verb: Verb = VERBS[name];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  for (const token of tokensOf(verb, words)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      if (operands.length === [verb.operand, verb.second].filter((one) => one !== undefined).length) {
        return wrong(`keelson ${name}: unexpected argument ${token.value}`, `keelson ${name} --help`);
      }
      operands.push(token.value);
      continue;
    }
    if (token.rawName === "--help" || token.rawName === "-h") return { kind: "help", topic: name };
    const option = verb.options.find((one) => `--${one.name}` === token.rawName);
    const problem =
      option === undefined ? unknownOption(verb, token.rawName) : misuse(option, token, flags, values);
    if (problem !== undefined)
      return wrong(`keelson ${name}: ${problem.what}`, problem.hint ?? `keelson ${name} --help`);
    if (option?.placeholder === undefined) flags.add(token.name);
    else values.set(token.name, joined(values.get(token.name), token.value ?? ""));
  }
  const [operand, second] = operands;
  return { kind: "verb", verb: name, given: withFallbacks(verb, { operand, second, flags, values }) };
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}; ${value}`;
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/** Not strict: its own messages name no nearest word. */
function tokensOf(verb: Verb, words: readonly string[]) {
  const types = verb.options.map(({ name, placeholder }) => {
    return [name, { type: placeholder === undefined ? "boolean" : "string" }] as const;
  });
  const options = Object.fromEntries(types);
  return parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

interface Problem {
  readonly what: string;
  readonly hint?: string | undefined;
}

function unknownOption(verb: Verb, word: string): Problem {
  const known = [...verb.options.map(({ name }) => `--${name}`), "--help"];
  return { what: `unknown option ${word}`, hint: meant(nearest(word, known)) };
}

function misuse(
  option: Option,
  token: OptionToken,
  flags: ReadonlySet<string>,
  values: ReadonlyMap<string, string>,
): Problem | undefined {
  const { name, placeholder, many } = option;
  if (!many && (flags.has(name) || values.has(name))) return { what: `--${name} is given twice` };
  if (placeholder === undefined) {
    return token.value === undefined ? undefined : { what: `--${name} takes no value` };
  }
  const missing = (token.value ?? "") === "" || (token.inlineValue === false && token.value?.startsWith("-"));
  return missing ? { what: `--${name} needs a value: --${name} ${placeholder}` } : undefined;
}

function withFallbacks({ operand, options }: Verb, given: Given): Given {
  const values = new Map(given.values);
  for (const { name, fallback } of options) {
    if (fallback !== undefined && !values.has(name)) values.set(name, fallback);
  }
  return { ...given, operand: given.operand ?? operand?.fallback, values };
}

function meant(word: string | undefined): string | undefined {
  return word === undefined ? undefined : `did you mean ${word}?`;
}

function wrong(what: string, hint: string): CommandLine {
  return { kind: "wrong", message: `${what} (${hint})` };
}

/** A value that has a fallback, and so is always there. */
export function optionValue({ values }: Given, name: string): string {
  const value = values.get(name);
  if (value === undefined) throw new Bug(`--${name} has no fallback`);
  return value;
}

/** An operand that has a fallback, and so is always there. */
export function operandOf({ operand }: Given): string {
  if (operand === undefined) throw new Bug("this verb has no operand with a fallback");
  return operand;
}
