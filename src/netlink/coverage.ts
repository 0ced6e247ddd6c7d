/** Whether what the kernel lists is what was written: it says more of a thing than it was told, in an order of its own. */
import { type Attribute, attributesIn } from "./attributes.ts";

/** All attributes of `written`, as many of each type, with the same values; `listed` may have other types beside them. */
export function covers(listed: Uint8Array, written: Uint8Array): boolean {
  const found = byType(listed);
  return Array.from(byType(written)).every(([type, wanted]) => {
    const same = found.get(type) ?? [];
    return (
      same.length === wanted.length &&
      wanted.every(({ nested, payload }, index) => {
        const other = same[index]?.payload ?? new Uint8Array();
        return nested ? covers(other, payload) : areEqual(other, payload);
      })
    );
  });
}

/** Of one type in the order in which they stand. */
function byType(bytes: Uint8Array): ReadonlyMap<number, readonly Attribute[]> {
  const types = new Map<number, Attribute[]>();
  for (const attribute of attributesIn(bytes)) {
    const same = types.get(attribute.type);
    if (same === undefined) types.set(attribute.type, [attribute]);
    else same.push(attribute);
  }
  return types;
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
