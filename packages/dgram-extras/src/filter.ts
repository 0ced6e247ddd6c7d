/** Classic BPF, as in linux/filter.h: what the kernel runs on each datagram before it is queued. */
export type Filter = readonly {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}[];

const INSTRUCTION_BYTES = 8;
const RETURN_CONSTANT = 0x06;

/** Lets nothing in: for sockets that only send. */
export const DROP_ALL: Filter = [{ code: RETURN_CONSTANT, jt: 0, jf: 0, k: 0 }];

/** An array of `struct sock_filter` in host order. */
export function encodeFilter(filter: Filter): Uint8Array {
  const program = new Uint8Array(filter.length * INSTRUCTION_BYTES);
  const codes = new Uint16Array(program.buffer);
  const operands = new Uint32Array(program.buffer);
  for (const [index, { code, jt, jf, k }] of filter.entries()) {
    codes[index * 4] = code;
    program[index * INSTRUCTION_BYTES + 2] = jt;
    program[index * INSTRUCTION_BYTES + 3] = jf;
    operands[index * 2 + 1] = k;
  }
  return program;
}
