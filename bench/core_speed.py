"""Measures the current speed of the gateway's core.

A core of a virtual machine may need twice the time for the same work, depending on other virtual machines. No counter shows this.
So a process on that core does a fixed piece of reference work 50 times a second and measures the time.
"""

import ctypes
import multiprocessing
import os
import signal
import time


class CoreSpeed:
    """The measuring process. It ends with its `with` block or with its parent."""

    def __init__(self, cores):
        self.total = multiprocessing.Array(ctypes.c_longlong, 2)  # the number of pieces, and their total time in nanoseconds
        self.process = multiprocessing.Process(target=_work, args=(self.total, cores, os.getpid()), daemon=True)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()

    def read(self):
        """The number of pieces so far, and their total time in nanoseconds."""
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
