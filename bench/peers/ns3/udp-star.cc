/**
 * ../../workloads/udp-star.ts for ns-3: the same topology, traffic and boundary of what is measured.
 */
#include "lan.h"

using namespace peer;

namespace
{

const uint16_t PORT = 9000;

class Source
{
  public:
    Source(const std::vector<Host>& hosts, size_t index, Ptr<Socket> socket)
        : m_hosts(hosts),
          m_index(index),
          m_socket(socket),
          m_dice(1 + index)
    {
    }

    void Start(int64_t delayNs, uint32_t packets, uint32_t bytes, int64_t intervalNs)
    {
        m_left = packets;
        m_bytes = bytes;
        m_interval = NanoSeconds(intervalNs);
        Simulator::ScheduleWithContext(m_hosts[m_index].node->GetId(),
                                       NanoSeconds(delayNs),
                                       &Source::SendNext,
                                       this);
    }

  private:
    const std::vector<Host>& m_hosts;
    size_t m_index;
    Ptr<Socket> m_socket;
    Dice m_dice;
    Time m_interval;
    uint32_t m_left = 0;
    uint32_t m_bytes = 0;

    void SendNext()
    {
        const uint32_t drawn = m_dice.Below(m_hosts.size() - 1);
        const Host& to = m_hosts[drawn < m_index ? drawn : drawn + 1];
        m_socket->SendTo(Create<Packet>(m_bytes), 0, InetSocketAddress(to.address, PORT));
        if (--m_left > 0)
        {
            Simulator::Schedule(m_interval, &Source::SendNext, this);
        }
    }
};

uint64_t g_received = 0;

void
Receive(Ptr<Socket> socket)
{
    Address from;
    while (socket->RecvFrom(from))
    {
        g_received++;
    }
}

} // namespace

int
main(int argc, char* argv[])
{
    uint32_t hosts = 64;
    uint32_t packets = 1000;
    uint32_t bytes = 512;
    int64_t interval = 100000;
    CommandLine line;
    line.AddValue("hosts", "hosts on the bridge", hosts);
    line.AddValue("packets", "datagrams from each host", packets);
    line.AddValue("bytes", "payload of a datagram", bytes);
    line.AddValue("interval", "nanoseconds between two of a host", interval);
    line.Parse(argc, argv);

    Lan lan;
    lan.AddBridge();
    for (uint32_t index = 0; index < hosts; index++)
    {
        lan.AddHost(0);
    }
    lan.Settle();
    std::vector<Source> sources;
    sources.reserve(hosts);
    for (uint32_t index = 0; index < hosts; index++)
    {
        Ptr<Socket> socket = Socket::CreateSocket(lan.hosts[index].node, UdpSocketFactory::GetTypeId());
        socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), PORT));
        socket->SetRecvCallback(MakeCallback(&Receive));
        sources.emplace_back(lan.hosts, index, socket);
    }

    const double start = CpuSeconds();
    for (uint32_t index = 0; index < hosts; index++)
    {
        sources[index].Start(index * interval / hosts, packets, bytes, interval);
    }
    Lan::RunFor(NanoSeconds((packets + 1) * interval + 10000000));
    const double used = CpuSeconds() - start;
    if (g_received != static_cast<uint64_t>(hosts) * packets)
    {
        std::fprintf(stderr, "%llu datagrams arrived\n", static_cast<unsigned long long>(g_received));
        return 1;
    }
    PrintResult("packets", g_received, used);
    Simulator::Destroy();
    return 0;
}
