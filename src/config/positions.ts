/** Where each key and value of a TOML text stands. Built only when there is an issue to report. */
import type { Finding, Path } from "./issue.ts";

/** What the TOML parser makes of keys and values; the offset counts UTF-16 code units. */
export interface SourceNode {
  readonly type: string;
  readonly value: unknown;
  readonly offset: number;
  readonly key?: unknown;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

interface Offsets {
  readonly key: number;
  readonly value: number;
}

/** `services.web`, `routers.front`: how much of a path says which part of the file it is about. */
const ENTRY = 2;

function entryOf(path: Path): string {
  return JSON.stringify(path.slice(0, ENTRY));
}

export class Positions {
  /** By the path as JSON. The first place wins: a second one is an error of its own. */
  readonly #offsets = new Map<string, Offsets>();
  /** The offset at which each line begins. */
  readonly #lines: readonly number[];
  /** How many elements each array of tables has so far. */
  readonly #elements = new Map<string, number>();

  /** @param about all that will be asked for, where it is known: of a large file that is little */
  constructor(nodes: readonly SourceNode[], text: string, about?: readonly Path[]) {
    const wanted = about && new Set(about.map(entryOf));
    this.#lines = [0, ...Array.from(text.matchAll(/\n/g), (match) => match.index + 1)];
    let table: Path = [];
    let isWanted = true;
    for (const node of nodes) {
      if (node.type !== "Assign") {
        table = this.#addHeader(node);
        isWanted = wanted === undefined || table.length < ENTRY || wanted.has(entryOf(table));
      } else if (isWanted) this.#addAssignment(table, node);
    }
  }

  /** The place of a value or its key; of the nearest table around it when it is not in the file. */
  of({ path, at }: Pick<Finding, "path" | "at">): Place {
    for (let length = path.length; length > 0; length--) {
      const place = this.find(path.slice(0, length), length === path.length ? at : "key");
      if (place !== undefined) return place;
    }
    return { line: 0, column: 0 };
  }

  find(path: Path, at: "key" | "value"): Place | undefined {
    const offsets = this.#offsets.get(JSON.stringify(path));
    return offsets === undefined ? undefined : this.#at(offsets[at]);
  }

  /** `[a.b]` or `[[a.b]]`; returns the path of what follows. */
  #addHeader(node: SourceNode): Path {
    let path: Path = [];
    for (const key of strings(node.value)) path = this.#lastElement([...path, key]);
    if (node.type === "ArrayPath") path = this.#nextElement(strings(node.value), path);
    this.#add([], path, node.offset, node.offset);
    return path;
  }

  /** A path through an array of tables means its last element. */
  #lastElement(path: Path): Path {
    const count = this.#elements.get(JSON.stringify(path));
    return count === undefined ? path : [...path, count - 1];
  }

  #nextElement(keys: readonly string[], last: Path): Path {
    const array = typeof last.at(-1) === "number" ? last.slice(0, -1) : last;
    const id = JSON.stringify(array);
    const index = this.#elements.get(id) ?? 0;
    this.#elements.set(id, index + 1);
    return keys.length === 0 ? array : [...array, index];
  }

  #addAssignment(table: Path, node: SourceNode): void {
    const path = [...table, ...strings(node.key)];
    if (!isNode(node.value)) return;
    this.#add(table, path, node.offset, node.value.offset);
    this.#addInside(path, node.value);
  }

  #addInside(path: Path, { type, value }: SourceNode): void {
    if (!Array.isArray(value)) return;
    for (const [index, inner] of value.entries()) {
      if (!isNode(inner)) continue;
      if (type === "InlineTable") this.#addAssignment(path, inner);
      if (type !== "Array") continue;
      this.#add(path, [...path, index], inner.offset, inner.offset);
      this.#addInside([...path, index], inner);
    }
  }

  /** Tables between `table` and `path`, which only the path names, stand where it stands. */
  #add(table: Path, path: Path, key: number, value: number): void {
    for (let length = table.length + 1; length <= path.length; length++) {
      const id = JSON.stringify(path.slice(0, length));
      if (!this.#offsets.has(id)) {
        this.#offsets.set(id, { key, value: length === path.length ? value : key });
      }
    }
  }

  #at(offset: number): Place {
    let [low, high] = [0, this.#lines.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.#lines[low] ?? 0) + 1 };
  }
}

function isNode(value: unknown): value is SourceNode {
  return typeof value === "object" && value !== null && "type" in value && "offset" in value;
}

function strings(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((one) => typeof one === "string");
}
