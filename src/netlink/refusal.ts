/** An ordinary outcome of asking the kernel: which call, which errno, and the kernel's own text. */
export interface KernelRefusal {
  readonly call: string;
  readonly errno: number;
  /** `ENETDOWN` */
  readonly code: string;
  readonly text: string;
}
