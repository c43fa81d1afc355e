"""Run as a script between the supervisor and a child: `launch.py PARENT SIGNAL PROGRAM …`.

Asks the kernel to send SIGNAL when the supervisor dies (prctl(2), PR_SET_PDEATHSIG), then becomes the program: the wish
outlives exec. Done here and not in a preexec_fn, which would run Python between fork and exec. Two traps: the kernel
watches the *thread* that forked, so the supervisor starts children from its only thread; and a supervisor that died
before the wish was made sends nothing, so its pid is compared afterwards.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    parent, number, *argv = sys.argv[1:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != int(parent):
        sys.exit("the supervisor is gone")
    os.execvp(argv[0], argv)  # noqa: S606 -- the list is the supervisor's own


if __name__ == "__main__":
    main()
