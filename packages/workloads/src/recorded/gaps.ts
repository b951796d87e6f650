/**
 * Lines whose output differs from the real tool's, each with the reason. A line that comes to agree must go.
 *
 * The key is `PLACE: LINE`.
 */
export const GAPS: ReadonlyMap<string, string> = new Map([
  [
    "client: curl -s -H 'X-Empty;' -e http://from.example.test/ -b a=1 -u user:pass http://web/echo",
    'a blank behind the colon of an empty header',
  ],
  [
    'client: curl -sv http://web/chunked',
    "data marks count chunks' contents, not the bytes read from the socket",
  ],
  [
    'client: curl -sLv -d a=1 http://web/see-other',
    'the note about rewinding the output is left out',
  ],
  [
    "client: curl -s -w '%{header_json}%{json}' -o /dev/null http://10.9.2.2:81/",
    '-w variables json and header_json are refused',
  ],
  ['client: curl -sS --http0.9 http://web/garbage', '--http0.9 is refused'],
  ['client: curl gopher://web/', 'only http and https'],
  [
    'client: curl -sS -6 http://web/',
    "the recorded machine had IPv6 switched off; podwire's only lacks addresses",
  ],
  [
    'client: curl -sS -6 http://10.9.2.2/',
    "the recorded machine had IPv6 switched off; podwire's only lacks addresses",
  ],
  [
    'client: ping -c 4 -W 1 10.9.1.77',
    "the fourth request races with the neighbour's failure at 3 s",
  ],
  [
    'client: ping -6 -c 1 web',
    'the resolver knows no error for a name of the other family in the hosts file',
  ],
  ['client: dig +multiline example.test SOA', '+multiline prints as without it'],
  ['client: nslookup -debug web.example.test', '-debug is refused'],
  ['client: host -v web.example.test', '-v is refused'],
  ['client: getent services http', 'only hosts and its ahosts forms'],
  ['client: getent passwd root', 'only hosts and its ahosts forms'],
  ['client: traceroute -T -n 10.9.2.2', '-T is refused: TCP sockets take no TTL'],
  ['client: traceroute -T -p 80 -n 10.9.2.2', '-T is refused: TCP sockets take no TTL'],
  ['client: hostname -Z', 'the long usage text is left out'],
  ['client: ip', 'the usage text of another build'],
  ['client: ip -j route', '-j is refused'],
  ['client: ip route add x', 'another complaint about the same bad word'],
  ['client: ss -Z', 'refused'],
  ['client: ss -s', 'refused'],
  ['client: ss -tn state established', 'filters are refused'],
  ["client: ss -tln 'sport = :80'", 'filters are refused'],
  ['busybox: wget -q -T 1 -O - http://10.9.2.2:82/', "Debian's busybox 1.35 crashes"],
  ['busybox: wget -T 1 -O - http://10.9.2.2:87/', "Debian's busybox 1.35 crashes"],
  [
    'busybox: wget -q -O - http://10.9.101.1/',
    'without delay on the link the ICMP error comes while connect() still holds the socket, and the kernel drops it',
  ],
  ['router: iptables -t nat -L', 'without -n addresses are not looked up'],
  ['router: conntrack -L', "entries of the recorded world's own name lookups"],
  ['router: conntrack -C', "entries of the recorded world's own name lookups"],
  ['router: conntrack', 'complains instead of printing the long usage text'],
  ['router: conntrack -S', 'refused'],
  [
    'busybox: nc -zv 10.9.2.2 80',
    "Debian's busybox has the small nc; images have the one with -v and -z",
  ],
  [
    'busybox: nc -z 10.9.2.2 80',
    "Debian's busybox has the small nc; images have the one with -v and -z",
  ],
  [
    'busybox: nc -zv web 80',
    "Debian's busybox has the small nc; images have the one with -v and -z",
  ],
  [
    'busybox: nc -zv 10.9.2.2 81',
    "Debian's busybox has the small nc; images have the one with -v and -z",
  ],
  [
    'busybox: nc -z 10.9.2.2 81',
    "Debian's busybox has the small nc; images have the one with -v and -z",
  ],
  [
    'busybox: nc -zv -w 1 10.9.2.2 82',
    "Debian's busybox has the small nc; images have the one with -v and -z",
  ],
  [
    'busybox: nc -zv nosuch 80',
    "Debian's busybox has the small nc; images have the one with -v and -z",
  ],
  [
    'busybox: nc -v -w 1 10.9.2.2 85 </dev/null',
    "Debian's busybox has the small nc; images have the one with -v and -z",
  ],
  ['busybox: nc', "Debian's busybox has the small nc; images have the one with -v and -z"],
  [
    'busybox: nc -Y 10.9.2.2 80',
    "Debian's busybox has the small nc; images have the one with -v and -z",
  ],
]);
