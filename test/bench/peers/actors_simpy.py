"""The listeners' days in SimPy: one process each, one timeout per event. Prints seconds, events, and bytes a process as JSON."""
import json
import resource
import sys
import time

import simpy

if sys.argv[1] == "version":
    print(json.dumps({"simpy": simpy.__version__, "python": sys.version.split()[0]}))
    sys.exit()

actors, sessions, tracks = (int(word) for word in sys.argv[1:4])
counts = {"plays": 0, "skips": 0}


def skips(actor, session, track):
    """Every fourth track, at another place for every actor and session."""
    return (actor + 3 * session + track) % 4 == 0


def listener(env, actor):
    for session in range(sessions):
        yield env.timeout(60)
        for track in range(tracks):
            if skips(actor, session, track):
                counts["skips"] += 1
                yield env.timeout(5)
            else:
                counts["plays"] += 1
                yield env.timeout(200)
        yield env.timeout(3600)


before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
env = simpy.Environment()
for actor in range(actors):
    env.process(listener(env, actor))
env.step()
made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
env.run()
seconds = time.perf_counter() - start
events = actors * sessions * (tracks + 2)
print(json.dumps({"seconds": seconds, "events": events, "bytesPerActor": 1024 * (made - before) / actors, **counts}))
