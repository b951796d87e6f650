/**
 * ../../workloads/tcp-bulk.ts for ns-3: bulk flows between two bridges that a slow line joins.
 */
#include "lan.h"

using namespace peer;

int
main(int argc, char* argv[])
{
    const uint16_t port = 5001;
    uint32_t flows = 16;
    uint64_t megabits = 1000;
    int64_t milliseconds = 2000;
    int64_t delay = 1000000;
    CommandLine line;
    line.AddValue("flows", "flows, each with a sender and a receiver", flows);
    line.AddValue("megabits", "rate of the bottleneck, Mbit/s", megabits);
    line.AddValue("milliseconds", "virtual time of sending", milliseconds);
    line.AddValue("delay", "nanoseconds of the bottleneck, one way", delay);
    line.Parse(argc, argv);
    SetTcpDefaults();

    Lan lan;
    lan.AddBridge();
    lan.AddBridge();
    Link bottleneck;
    // ns-3 counts the 1500 bytes of a full packet, where 1538 are on the line.
    bottleneck.bitsPerSec = megabits * 1000000 / 1538 * 1500;
    bottleneck.latencyNs = delay;
    // 10 ms of full frames.
    bottleneck.queuePackets = megabits * 1000000 / 8 / 100 / 1538;
    lan.AddTrunk(0, 1, bottleneck);
    for (uint32_t host = 0; host < 2 * flows; host++)
    {
        lan.AddHost(host < flows ? 0 : 1);
    }
    lan.Settle();
    std::vector<Ptr<PacketSink>> sinks;
    for (uint32_t flow = 0; flow < flows; flow++)
    {
        const Host& to = lan.hosts[flows + flow];
        PacketSinkHelper sink("ns3::TcpSocketFactory",
                              InetSocketAddress(Ipv4Address::GetAny(), port));
        sinks.push_back(DynamicCast<PacketSink>(sink.Install(to.node).Get(0)));
        BulkSendHelper sender("ns3::TcpSocketFactory", InetSocketAddress(to.address, port));
        sender.SetAttribute("SendSize", UintegerValue(65536));
        sender.Install(lan.hosts[flow].node);
    }

    const double start = CpuSeconds();
    Lan::RunFor(MilliSeconds(milliseconds));
    const double used = CpuSeconds() - start;
    double total = 0;
    double squares = 0;
    for (const Ptr<PacketSink>& sink : sinks)
    {
        const double bytes = sink->GetTotalRx();
        total += bytes;
        squares += bytes * bytes;
    }
    const double goodput = total * 8 / (milliseconds / 1000.0);
    char more[200];
    std::snprintf(more,
                  sizeof more,
                  ",\"goodputPercent\":%.2f,\"fairnessPercent\":%.2f",
                  goodput * 1538 / 1448 / (megabits * 1e6) * 100,
                  total * total * 100 / (flows * squares));
    PrintResult("segments", static_cast<uint64_t>(total / 1448), used, more);
    Simulator::Destroy();
    return 0;
}
