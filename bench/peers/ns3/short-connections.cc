/**
 * ../../workloads/short-connections.ts for ns-3: one request and one answer per connection, in turn.
 */
#include "lan.h"

#include <map>

using namespace peer;

namespace
{

const uint16_t PORT = 80;
uint32_t g_request = 1024;
uint32_t g_answer = 4096;
uint64_t g_done = 0;
uint64_t g_wanted = 20000;

/** Answers when the whole request has come, and closes. */
class Server
{
  public:
    void Listen(Ptr<Node> node)
    {
        m_listener = Socket::CreateSocket(node, TcpSocketFactory::GetTypeId());
        m_listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), PORT));
        m_listener->Listen();
        m_listener->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                                      MakeCallback(&Server::Accept, this));
    }

  private:
    Ptr<Socket> m_listener;
    std::map<Ptr<Socket>, uint32_t> m_received;

    void Accept(Ptr<Socket> socket, const Address&)
    {
        m_received[socket] = 0;
        socket->SetRecvCallback(MakeCallback(&Server::Read, this));
    }

    void Read(Ptr<Socket> socket)
    {
        auto found = m_received.find(socket);
        while (Ptr<Packet> packet = socket->Recv())
        {
            if (found != m_received.end())
            {
                found->second += packet->GetSize();
            }
        }
        if (found != m_received.end() && found->second >= g_request)
        {
            m_received.erase(found);
            socket->Send(Create<Packet>(g_answer));
            socket->Close();
        }
    }
};

/** Opens its connections one after the other. */
class Client
{
  public:
    Client(const std::vector<Host>& hosts, size_t index, uint32_t count)
        : m_hosts(hosts),
          m_index(index),
          m_left(count),
          m_dice(1 + index)
    {
    }

    void Start()
    {
        Simulator::ScheduleWithContext(m_hosts[m_index].node->GetId(),
                                       Seconds(0),
                                       &Client::Connect,
                                       this);
    }

  private:
    const std::vector<Host>& m_hosts;
    size_t m_index;
    uint32_t m_left;
    Dice m_dice;
    uint32_t m_received = 0;

    void Connect()
    {
        if (m_left-- == 0)
        {
            return;
        }
        const uint32_t drawn = m_dice.Below(m_hosts.size() - 1);
        const Host& to = m_hosts[drawn < m_index ? drawn : drawn + 1];
        m_received = 0;
        Ptr<Socket> socket =
            Socket::CreateSocket(m_hosts[m_index].node, TcpSocketFactory::GetTypeId());
        socket->Bind();
        socket->SetConnectCallback(MakeCallback(&Client::Connected, this),
                                   MakeNullCallback<void, Ptr<Socket>>());
        socket->SetRecvCallback(MakeCallback(&Client::Read, this));
        socket->Connect(InetSocketAddress(to.address, PORT));
    }

    void Connected(Ptr<Socket> socket)
    {
        socket->Send(Create<Packet>(g_request));
    }

    void Read(Ptr<Socket> socket)
    {
        while (Ptr<Packet> packet = socket->Recv())
        {
            m_received += packet->GetSize();
        }
        if (m_received < g_answer)
        {
            return;
        }
        m_received = 0;
        socket->SetRecvCallback(MakeNullCallback<void, Ptr<Socket>>());
        socket->Close();
        if (++g_done == g_wanted)
        {
            Simulator::Stop();
        }
        Simulator::ScheduleNow(&Client::Connect, this);
    }
};

} // namespace

int
main(int argc, char* argv[])
{
    uint32_t hosts = 64;
    CommandLine line;
    line.AddValue("hosts", "hosts on the bridge", hosts);
    line.AddValue("connections", "connections of all hosts together", g_wanted);
    line.AddValue("request", "bytes of a request", g_request);
    line.AddValue("answer", "bytes of an answer", g_answer);
    line.Parse(argc, argv);
    SetTcpDefaults();

    Lan lan;
    lan.AddBridge();
    for (uint32_t index = 0; index < hosts; index++)
    {
        lan.AddHost(0);
    }
    lan.Settle();
    std::vector<Server> servers(hosts);
    std::vector<Client> clients;
    clients.reserve(hosts);
    for (uint32_t index = 0; index < hosts; index++)
    {
        servers[index].Listen(lan.hosts[index].node);
        clients.emplace_back(lan.hosts, index, g_wanted / hosts + (index < g_wanted % hosts ? 1 : 0));
    }

    const double start = CpuSeconds();
    for (Client& client : clients)
    {
        client.Start();
    }
    Lan::RunFor(Seconds(1000));
    const double used = CpuSeconds() - start;
    if (g_done != g_wanted)
    {
        std::fprintf(stderr, "%llu connections ended well\n", static_cast<unsigned long long>(g_done));
        return 1;
    }
    PrintResult("connections", g_done, used);
    Simulator::Destroy();
    return 0;
}
