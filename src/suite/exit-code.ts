/** The exit codes of every command, as `miflab --help` lists them. */
export const ExitCode = {
  /** Nothing unexpected. */
  ok: 0,
  /** A decision differs from expectation and recorded practice, or a control from what it must be. */
  differs: 1,
  /** Wrong usage, or a mistake in a lab file, found before anything was started or when the kernel refused it. */
  usage: 2,
  /** A lab broke, or its wire gave no clear answer. */
  inconclusive: 3,
  /** The machine lacks something. */
  machine: 4,
  /** A bug of miflab (EX_SOFTWARE of sysexits.h). */
  bug: 70,
  /** Ended by SIGINT, as shells report it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
