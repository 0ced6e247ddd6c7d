/**
 * Whether two settings are equal: plain values, and tables and lists of them, in the same order, for the order of servers is
 * shown. A key without a value is not the same as no key.
 */
export function same(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (!isComposite(left) || !isComposite(right) || Array.isArray(left) !== Array.isArray(right)) return false;
  const [keys, others] = [Object.keys(left), Object.keys(right)];
  return (
    keys.length === others.length &&
    keys.every((key, place) => key === others[place] && same(left[key], right[key]))
  );
}

function isComposite(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
