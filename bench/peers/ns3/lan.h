/**
 * The network of ../../workloads/lan.ts for ns-3: hosts with one card each at learning bridges.
 *
 * The leanest full-duplex Ethernet-like device that ns-3 has is its SimpleNetDevice; it is made by hand,
 * without a queueing discipline above it, since podwire has none either. All addresses are known to all
 * hosts, and the bridges have learned, before the clock starts.
 */
#pragma once

#include "ns3/applications-module.h"
#include "ns3/bridge-module.h"
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace peer
{

using namespace ns3;

/** As podwire's LINK_DEFAULTS: 10 Gbit/s, 50 us, a queue of 1,000 full frames. */
struct Link
{
    uint64_t bitsPerSec = 10000000000ULL;
    int64_t latencyNs = 50000;
    uint32_t queuePackets = 1000;
};

struct Host
{
    Ptr<Node> node;
    Ptr<SimpleNetDevice> card;
    Ipv4Address address;
};

/** CPU seconds of this process, system time included. */
inline double
CpuSeconds()
{
    rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 + used.ru_stime.tv_sec +
           used.ru_stime.tv_usec / 1e6;
}

inline int64_t
PeakRssBytes()
{
    rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss * 1024;
}

/** Random integers as the event-queue workload of podwire draws them. */
class Dice
{
  public:
    explicit Dice(uint32_t seed)
        : m_state(seed)
    {
    }

    uint32_t Next()
    {
        m_state = m_state * 1664525u + 1013904223u;
        return m_state;
    }

    uint32_t Below(uint32_t count)
    {
        return static_cast<uint32_t>((static_cast<uint64_t>(Next()) * count) >> 32);
    }

  private:
    uint32_t m_state;
};

class Lan
{
  public:
    std::vector<Host> hosts;

    void AddBridge()
    {
        Ptr<Node> node = CreateObject<Node>();
        Ptr<BridgeNetDevice> bridge = CreateObject<BridgeNetDevice>();
        bridge->SetAddress(Mac48Address::Allocate());
        node->AddDevice(bridge);
        m_bridges.push_back(bridge);
    }

    void AddTrunk(size_t one, size_t other, const Link& link)
    {
        Ptr<SimpleChannel> channel = MakeChannel(link);
        for (size_t end : {one, other})
        {
            m_bridges[end]->AddBridgePort(MakeCard(m_bridges[end]->GetNode(), channel, link));
        }
    }

    /** `bridge` at the switch's side; addresses are 10.0.x.y/16. */
    void AddHost(size_t bridge, const Link& link = Link())
    {
        Host host;
        host.node = CreateObject<Node>();
        Ptr<SimpleChannel> channel = MakeChannel(link);
        host.card = MakeCard(host.node, channel, link);
        m_bridges[bridge]->AddBridgePort(MakeCard(m_bridges[bridge]->GetNode(), channel, link));
        InternetStackHelper stack;
        stack.SetIpv6StackInstall(false);
        stack.Install(host.node);
        const uint32_t number = hosts.size();
        host.address = Ipv4Address(0x0a000000u + (number / 250) * 256 + number % 250 + 1);
        Ptr<Ipv4> ipv4 = host.node->GetObject<Ipv4>();
        const uint32_t interface = ipv4->AddInterface(host.card);
        ipv4->AddAddress(interface, Ipv4InterfaceAddress(host.address, Ipv4Mask("/16")));
        ipv4->SetUp(interface);
        hosts.push_back(host);
    }

    /** Every host gets to know every other one; every bridge hears of each host once. */
    void Settle()
    {
        for (Host& host : hosts)
        {
            Ptr<Ipv4L3Protocol> ipv4 = host.node->GetObject<Ipv4L3Protocol>();
            const int32_t number = ipv4->GetInterfaceForDevice(host.card);
            Ptr<ArpCache> cache = ipv4->GetInterface(number)->GetArpCache();
            for (const Host& other : hosts)
            {
                if (other.address == host.address)
                {
                    continue;
                }
                ArpCache::Entry* entry = cache->Add(other.address);
                entry->SetMacAddress(other.card->GetAddress());
                entry->MarkPermanent();
            }
            Simulator::ScheduleWithContext(host.node->GetId(), Seconds(0), [card = host.card]() {
                card->Send(Create<Packet>(46), card->GetBroadcast(), 0x88b5);
            });
        }
        RunFor(MilliSeconds(10));
    }

    static void RunFor(Time span)
    {
        Simulator::Stop(span);
        Simulator::Run();
    }

  private:
    std::vector<Ptr<BridgeNetDevice>> m_bridges;

    static Ptr<SimpleChannel> MakeChannel(const Link& link)
    {
        Ptr<SimpleChannel> channel = CreateObject<SimpleChannel>();
        channel->SetAttribute("Delay", TimeValue(NanoSeconds(link.latencyNs)));
        return channel;
    }

    static Ptr<SimpleNetDevice> MakeCard(Ptr<Node> node, Ptr<SimpleChannel> channel, const Link& link)
    {
        Ptr<SimpleNetDevice> card = CreateObject<SimpleNetDevice>();
        card->SetAttribute("DataRate", DataRateValue(DataRate(link.bitsPerSec)));
        card->SetAddress(Mac48Address::Allocate());
        card->SetMtu(1500);
        card->GetQueue()->SetAttribute(
            "MaxSize",
            QueueSizeValue(QueueSize(QueueSizeUnit::PACKETS, link.queuePackets)));
        node->AddDevice(card);
        card->SetChannel(channel);
        return card;
    }
};

/** Sockets as Linux and podwire have them by default, as far as ns-3 can. */
inline void
SetTcpDefaults()
{
    Config::SetDefault("ns3::TcpL4Protocol::SocketType", TypeIdValue(TcpCubic::GetTypeId()));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1448));
    Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(10));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(4 << 20));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(6 << 20));
}

/** The line that ../ns3.ts reads. */
inline void
PrintResult(const std::string& rateOf, double count, double cpuSeconds, const std::string& more = "")
{
    std::printf("{\"rateOf\":\"%s\",\"count\":%.0f,\"cpuSeconds\":%.6f,\"peakRssBytes\":%lld%s}\n",
                rateOf.c_str(),
                count,
                cpuSeconds,
                static_cast<long long>(PeakRssBytes()),
                more.c_str());
}

} // namespace peer
