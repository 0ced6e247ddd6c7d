/** The two halves of the package `toml`, which come without types. The exact version is pinned, and tests hold its shape. */

declare module "toml/lib/parser.js" {
  /** Keys and values with the offset of their first character, in UTF-16 code units. */
  type TomlNode = {
    readonly type: string;
    /** A path of keys, elements, the entries of an inline table, or a plain value. */
    readonly value: unknown;
    readonly offset: number;
    /** Of an assignment; more than one when the key is dotted. */
    readonly key?: unknown;
  };
  /** Peggy's own: above 0 a syntax error does not say what was expected. */
  type Options = { readonly peg$silentFails: number };
  const parser: { parse(text: string, options?: Options): readonly TomlNode[] };
  export = parser;
}

declare module "toml/lib/compiler.js" {
  const compiler: { compile(nodes: readonly object[], text: string): unknown };
  export = compiler;
}
