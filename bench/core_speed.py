"""How fast the gateway's core is, moment by moment.

A virtual machine's core does the same work now in the one and now in twice the time, as its neighbours please, and nothing shows
that but the work. So a process on that core does a fixed piece of it, 50 times a second, and notes how long it took.
"""

import ctypes
import multiprocessing
import os
import signal
import time


class CoreSpeed:
    """The process that looks. It ends with its `with`, or with its parent."""

    def __init__(self, cores):
        self.total = multiprocessing.Array(ctypes.c_longlong, 2)  # pieces, their nanoseconds
        self.process = multiprocessing.Process(target=_work, args=(self.total, cores, os.getpid()), daemon=True)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()

    def read(self):
        """Pieces so far, and their nanoseconds."""
        with self.total.get_lock():
            return tuple(self.total)


def _work(total, cores, parent):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.sched_setaffinity(0, cores)
    while os.getppid() == parent:
        time.sleep(0.02)
        started, number = time.thread_time_ns(), 0
        while number < 5000:
            number += 1
        taken = time.thread_time_ns() - started
        with total.get_lock():
            total[0] += 1
            total[1] += taken
