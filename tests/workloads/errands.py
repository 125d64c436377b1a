"""Appends to a log until the file `enough` is there. Meanwhile it runs other programs, as files in its folder tell it."""
import os
import subprocess
import time
from mpi4py import MPI

world = MPI.COMM_WORLD
step, total, child = 0, 0, None
with open(f"log.{world.rank}", "a") as log:
    while not world.bcast(os.path.exists("enough")):
        total = world.allreduce(total + step * (world.rank + 1)) % 1000003
        print(step, total, file=log, flush=True)
        step += 1
        if world.rank == 0 and os.path.exists("errand"):
            assert os.system("rm errand") == 0
        if world.rank == 0 and child is None and os.path.exists("child"):
            child = subprocess.Popen(["sleep", "600"])
            open("child-lives", "w").close()
        if child is not None and not os.path.exists("child"):
            child.kill()
            child.wait()
            child = None
            os.remove("child-lives")
        time.sleep(0.02)
