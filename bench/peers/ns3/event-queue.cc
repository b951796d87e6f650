/**
 * ../../workloads/event-queue.ts for ns-3: one event out, one in at a random later time, so many pending.
 *
 * ns-3 has several queues; --scheduler names one, the caller takes the fastest.
 */
#include "lan.h"

using namespace peer;

namespace
{

Dice g_dice(1);
uint64_t g_left = 0;
double g_spanNs = 0;

/** At least 1 ns, evenly up to the span. */
Time
Delay()
{
    return NanoSeconds(1 + static_cast<int64_t>(g_dice.Next() / 4294967296.0 * g_spanNs));
}

void
Tick()
{
    if (g_left == 0)
    {
        Simulator::Stop();
        return;
    }
    g_left--;
    Simulator::Schedule(Delay(), &Tick);
}

} // namespace

int
main(int argc, char* argv[])
{
    uint32_t pending = 1000;
    uint64_t events = 10000000;
    std::string scheduler = "ns3::MapScheduler";
    CommandLine line;
    line.AddValue("pending", "events in the queue", pending);
    line.AddValue("events", "events out and in", events);
    line.AddValue("scheduler", "the queue", scheduler);
    line.Parse(argc, argv);

    ObjectFactory factory;
    factory.SetTypeId(scheduler);
    Simulator::SetScheduler(factory);
    g_left = events;
    g_spanNs = 2000.0 * pending;
    for (uint32_t number = 0; number < pending; number++)
    {
        Simulator::Schedule(Delay(), &Tick);
    }
    const double start = CpuSeconds();
    Simulator::Run();
    PrintResult("events", events, CpuSeconds() - start);
    Simulator::Destroy();
    return 0;
}
