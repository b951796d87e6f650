/** Generated from ../../schema/scenario.schema.json by ../host/gen-validator.ts: change those, not this one. */
"use strict";
export const validate = validate10;
export default validate10;
const schema11 = {"$schema":"http://json-schema.org/draft-07/schema#","$id":"https://podwire.example.org/schema/scenario.schema.json","title":"podwire scenario","description":"A cluster, what is deployed in it, and what is done and expected step by step.","type":"object","additionalProperties":false,"required":["name","steps"],"properties":{"$schema":{"type":"string","description":"Address of this schema, for editors that look for it here."},"name":{"type":"string","pattern":"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$","patternErrorMessage":"must be letters, digits, '-', '_' and '.'","description":"Name of the scenario in summaries and reports; usually that of its folder."},"description":{"type":"string","description":"One or two sentences on what the scenario shows."},"seed":{"type":["integer","string"],"description":"Seeds everything random: same scenario and seed, same run. Default 1; --seed overrides it.","default":1},"parameters":{"type":"object","description":"Names and defaults. ${name} stands for the value anywhere in the file; --set name=value overrides it. Write $${ for a literal ${.","propertyNames":{"pattern":"^[A-Za-z_][A-Za-z0-9_-]*$","patternErrorMessage":"must begin with a letter and hold letters, digits, '_' and '-'"},"additionalProperties":{"type":["string","number","boolean"]}},"cluster":{"$ref":"#/definitions/cluster"},"underlay":{"$ref":"#/definitions/underlay"},"images":{"type":"array","description":"Images that this scenario defines, beside those that podwire knows.","items":{"$ref":"#/definitions/image"}},"sources":{"type":"array","description":"What the applications answer that builds find in repositories; others answer \"hello from {pod}\".","items":{"type":"object","additionalProperties":false,"required":["git","body"],"properties":{"git":{"type":"string","pattern":"^(https?|ssh|git)://\\S+$|^[^@\\s/]+@[^:\\s]+:\\S+$|^\\$\\{","patternErrorMessage":"must be the address of a repository such as https://example.org/apps.git","description":"Address of the repository, as BuildConfigs have it."},"contextDir":{"type":"string","description":"Only the application in this folder."},"body":{"type":"string","description":"Body of every answer; {pod}, {namespace} and {node} are replaced."}}}},"manifests":{"type":"array","description":"Applied in order before the first step: files or folders of the scenario, or inline text.","items":{"type":["string","object"],"pattern":"\\S","patternErrorMessage":"must not be empty","additionalProperties":false,"required":["inline"],"properties":{"inline":{"type":"string","description":"Manifests as text; several are divided by ---."}}}},"waitForCluster":{"$ref":"#/definitions/boolean","description":"Whether manifests and steps wait until all nodes are Ready and DNS answers. Default true.","default":true},"until":{"$ref":"#/definitions/duration","description":"Virtual time at which the run ends at the latest."},"steps":{"type":"array","description":"What happens, in order.","items":{"$ref":"#/definitions/step"}}},"definitions":{"parameter":{"type":"string","pattern":"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},"boolean":{"anyOf":[{"type":"boolean"},{"$ref":"#/definitions/parameter"}]},"duration":{"type":"string","pattern":"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{","patternErrorMessage":"must be a duration such as 500ms, 30s or 1m30s","examples":["500ms","30s","1m30s"]},"seconds":{"type":["number","string"],"minimum":0,"pattern":"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|^\\$\\{","patternErrorMessage":"must be a number of seconds or a duration such as 50s"},"dnsName":{"type":"string","pattern":"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$|^\\$\\{","patternErrorMessage":"must be a DNS name of lower case letters, digits, '-' and '.'"},"ratio":{"type":["string","number"],"minimum":0,"maximum":1,"pattern":"^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{","patternErrorMessage":"must be a percentage from 0% to 100%, such as 0.1%, or a number from 0 to 1","examples":["0.1%","25%"]},"port":{"anyOf":[{"type":"integer","minimum":1,"maximum":65535},{"$ref":"#/definitions/parameter"}]},"count":{"anyOf":[{"type":"integer","minimum":0},{"$ref":"#/definitions/parameter"}]},"positive":{"anyOf":[{"type":"integer","minimum":1},{"$ref":"#/definitions/parameter"}]},"hostName":{"type":"string","pattern":"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|\\$\\{","patternErrorMessage":"must be lower case letters, digits, '-' and '.'"},"strings":{"type":["string","array"],"items":{"type":"string"}},"cluster":{"type":"object","description":"The cluster. Everything has a default: three nodes, the bridge provider, kube-proxy with iptables.","additionalProperties":false,"properties":{"nodes":{"description":"Number of nodes, then called node-1, node-2, …; or a list of them. Default 3.","default":3,"type":["integer","array","string"],"minimum":0,"maximum":5000,"pattern":"^\\$\\{","patternErrorMessage":"must be a number or a list of nodes","items":{"$ref":"#/definitions/node"}},"provider":{"description":"The pod network: bridge (a bridge per node, plain routes between nodes), vxlan (a tunnel between nodes), ovn-kubernetes (OVN with Geneve; services without kube-proxy), none (each host its own 172.17.0.0/16).","anyOf":[{"enum":["bridge","vxlan","ovn-kubernetes","none"]},{"$ref":"#/definitions/parameter"}],"default":"bridge"},"proxyMode":{"description":"How kube-proxy writes Services into a node.","anyOf":[{"enum":["iptables"]},{"$ref":"#/definitions/parameter"}],"default":"iptables"},"distribution":{"description":"Whose defaults hold: networks, grace periods, names.","anyOf":[{"enum":["kubernetes","openshift"]},{"$ref":"#/definitions/parameter"}],"default":"kubernetes"},"podNetwork":{"type":"string","description":"Network of all pods. Default 10.244.0.0/16.","examples":["10.244.0.0/16"]},"nodeMaskSize":{"description":"Prefix length of each node's part of the pod network. Default 24.","anyOf":[{"type":"integer","minimum":1,"maximum":32},{"$ref":"#/definitions/parameter"}]},"tuning":{"description":"How components are set up: large, as sites with thousands of nodes do (endpoint updates batched for 500 ms, room for thousands of neighbours, scheduling decisions of 0.25 ms).","anyOf":[{"enum":["default","large"]},{"$ref":"#/definitions/parameter"}],"default":"default"},"podRoutes":{"description":"With the bridge provider: who keeps the routes to each node's pods: the nodes themselves, or the router, as in a cloud's network.","anyOf":[{"enum":["nodes","router"]},{"$ref":"#/definitions/parameter"}],"default":"nodes"},"podGateway":{"description":"Which address of a node's pod network is the gateway: the first leaves .2 and up to pods, the last leaves .1 and up.","anyOf":[{"enum":["first","last"]},{"$ref":"#/definitions/parameter"}],"default":"first"},"serviceNetwork":{"type":"string","description":"Network of cluster IPs. Default 10.96.0.0/12."},"nodeNetwork":{"type":"string","description":"Network of nodes, control plane and router. Default 192.168.10.0/24."},"domain":{"$ref":"#/definitions/dnsName","description":"The cluster's DNS domain. Default cluster.local."},"hairpin":{"$ref":"#/definitions/boolean","description":"Whether a pod can reach itself through its Service. Default true."},"podMtu":{"description":"MTU inside pods; default what the network allows.","anyOf":[{"type":"integer","minimum":576,"maximum":65535},{"$ref":"#/definitions/parameter"}]},"dnsReplicas":{"$ref":"#/definitions/count","description":"Pods of the cluster's DNS server; 0: no DNS. Default 2.","default":2},"corefile":{"type":"string","description":"The DNS server's configuration, as text."},"nodeResolvConf":{"type":"string","description":"/etc/resolv.conf of nodes, as text."},"nodeMonitorGracePeriod":{"$ref":"#/definitions/seconds","description":"How long a silent node counts as alive. Default 50 s, OpenShift 40 s."},"edge":{"type":"object","description":"Proxies and load balancers that lead requests into the cluster. Default: none.","additionalProperties":false,"properties":{"ingressNginx":{"type":"object","description":"ingress-nginx with the IngressClass nginx.","additionalProperties":false,"properties":{"nodes":{"type":"array","items":{"type":"string"},"description":"Nodes that run it. Default: the first."},"publish":{"description":"Reached on its nodes' ports 80 and 443, or by a Service of type LoadBalancer.","anyOf":[{"enum":["hostNetwork","loadBalancer"]},{"$ref":"#/definitions/parameter"}],"default":"hostNetwork"}}},"router":{"type":"object","description":"The OpenShift router: IngressController default and the operator that makes routers of IngressControllers.","additionalProperties":false,"properties":{"nodes":{"type":"array","items":{"type":"string"},"description":"Nodes that run it. Default: the first."},"publish":{"description":"Reached on its nodes' ports 80 and 443, or by a Service of type LoadBalancer.","anyOf":[{"enum":["hostNetwork","loadBalancer"]},{"$ref":"#/definitions/parameter"}],"default":"hostNetwork"}}},"appsDomain":{"$ref":"#/definitions/dnsName","description":"Domain below which Routes get their hosts. Default apps.ocp4.example.com with a router or on OpenShift.","examples":["apps.ocp4.example.com"]},"loadBalancer":{"type":"object","description":"Who gives addresses to Services of type LoadBalancer.","additionalProperties":false,"properties":{"provider":{"description":"A cloud around the cluster, or MetalLB in it: its pools are objects IPAddressPool and L2Advertisement.","anyOf":[{"enum":["cloud","metallb"]},{"$ref":"#/definitions/parameter"}],"default":"cloud"},"pool":{"type":"string","description":"Addresses that a cloud gives. Default 203.0.113.0/24.","examples":["203.0.113.0/28"]}}}}},"kubeProxy":{"type":"object","additionalProperties":false,"properties":{"masqueradeAll":{"$ref":"#/definitions/boolean","description":"Masquerade all traffic to Services. Default false."},"minSyncPeriod":{"$ref":"#/definitions/seconds","description":"Least time between two syncs of the rules. Default 1 s."}}}}},"node":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"$ref":"#/definitions/hostName"},"address":{"type":"string","description":"In the node network; default: chosen."},"podCIDR":{"type":"string","description":"The node's part of the pod network; default: allocated."},"labels":{"type":"object","additionalProperties":{"type":"string"}},"taints":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["key","effect"],"properties":{"key":{"type":"string"},"value":{"type":"string"},"effect":{"enum":["NoSchedule","PreferNoSchedule","NoExecute"]}}}},"capacity":{"type":"object","description":"What the node has to give. Default 4 CPUs, 8Gi, 110 pods.","additionalProperties":false,"properties":{"cpu":{"$ref":"#/definitions/quantity"},"memory":{"$ref":"#/definitions/quantity"},"pods":{"$ref":"#/definitions/quantity"}}}}},"quantity":{"type":["string","number"],"minimum":0,"pattern":"^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{","patternErrorMessage":"must be a quantity such as 4, 500m or 8Gi","examples":["4","500m","8Gi"]},"link":{"type":"object","additionalProperties":false,"properties":{"latency":{"$ref":"#/definitions/linkLatency"},"jitter":{"$ref":"#/definitions/linkJitter"},"rate":{"$ref":"#/definitions/linkRate"},"queue":{"$ref":"#/definitions/linkQueue"},"loss":{"$ref":"#/definitions/linkLoss"},"mtu":{"$ref":"#/definitions/linkMtu"}}},"linkLatency":{"$ref":"#/definitions/duration","description":"One way. Default 50us."},"linkJitter":{"$ref":"#/definitions/duration","description":"Up to so much is added to the latency. Default 0."},"linkRate":{"type":"string","pattern":"^[0-9]+(\\.[0-9]+)?(bit|kbit|Mbit|Gbit|Tbit)$|^unlimited$|^\\$\\{","patternErrorMessage":"must be a rate such as 100Mbit or 10Gbit, or unlimited","description":"Bits per second. Default 10Gbit.","examples":["100Mbit","10Gbit","unlimited"]},"linkQueue":{"$ref":"#/definitions/size","description":"Bytes that may wait at a limited line. Default 1.5MB."},"linkLoss":{"$ref":"#/definitions/ratio","description":"Share of frames that get lost. Default 0."},"linkMtu":{"description":"Largest packet. Default 9216.","anyOf":[{"type":"integer","minimum":68,"maximum":65535},{"$ref":"#/definitions/parameter"}]},"size":{"type":["string","integer"],"minimum":0,"pattern":"^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{","patternErrorMessage":"must be a size such as 1500B, 64KiB or 1MB","examples":["64KiB","1MB"]},"underlay":{"type":"object","description":"What joins the machines: links, outside clients, the DNS of the outside world.","additionalProperties":false,"properties":{"link":{"$ref":"#/definitions/link","description":"What holds for every link."},"links":{"type":"object","description":"By host: what differs for its link.","additionalProperties":{"$ref":"#/definitions/link"}},"arpSuppression":{"$ref":"#/definitions/boolean","description":"Whether switches answer ARP requests for machines that they know instead of flooding them, as EVPN fabrics do (RFC 9161). Default false."},"clients":{"type":"array","description":"Machines outside the cluster, behind the router. Default: client, 198.51.100.7/24.","items":{"type":"object","additionalProperties":false,"required":["name","address"],"properties":{"name":{"$ref":"#/definitions/hostName"},"address":{"type":"string","description":"With prefix length, as 192.168.1.20/24."}}}},"dns":{"type":"array","description":"What the DNS server of the outside world (192.0.2.53) knows, by zone.","items":{"type":"object","additionalProperties":false,"required":["zone"],"properties":{"zone":{"type":"string","pattern":"^\\.$|^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?$|^\\$\\{","patternErrorMessage":"must be a zone such as example.org","examples":["example.org"]},"behaviour":{"anyOf":[{"enum":["answer","nxdomain","servfail","refused","silent"]},{"$ref":"#/definitions/parameter"}],"default":"answer"},"records":{"type":"array","description":"In zone file form.","items":{"type":"string"},"examples":[["www.example.org. 300 IN A 192.0.2.80"]]}}}}}},"image":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"type":"string","pattern":"\\S","patternErrorMessage":"must not be empty","description":"As a pod's container names it."},"ports":{"type":"array","description":"Where it listens; default: on the ports that the container declares.","items":{"type":["integer","object"],"minimum":1,"maximum":65535,"additionalProperties":false,"required":["port"],"properties":{"port":{"$ref":"#/definitions/port"},"protocol":{"enum":["TCP","UDP"],"default":"TCP"},"name":{"type":"string"}}}},"answers":{"type":"array","description":"By path; '*' answers all others. Without any, every request is answered with the pod's name.","items":{"type":"object","additionalProperties":false,"required":["path"],"properties":{"path":{"type":"string","pattern":"^(/|\\*$)","patternErrorMessage":"must begin with / or be *"},"status":{"type":"integer","minimum":100,"maximum":599,"default":200},"headers":{"type":"object","additionalProperties":{"type":["string","number"]}},"body":{"type":"string","description":"{pod}, {namespace}, {node}, {client}, {path} and {calls} are filled in."},"bodySize":{"$ref":"#/definitions/size","description":"Instead of a body: so many bytes."},"delay":{"$ref":"#/definitions/duration"},"jitter":{"$ref":"#/definitions/duration","description":"Up to so much is added to the delay."}}}},"failures":{"type":"array","description":"How a share of the requests fails.","items":{"type":"object","additionalProperties":false,"required":["kind","ratio"],"properties":{"kind":{"enum":["status","reset","empty","truncate","hang"],"description":"An error status, a reset, a close before or in the middle of an answer, silence."},"ratio":{"$ref":"#/definitions/ratio"},"status":{"type":"integer","minimum":100,"maximum":599,"default":500}}}},"calls":{"type":"array","description":"Further services that are asked for each answer.","items":{"type":["string","object"],"additionalProperties":false,"required":["url"],"properties":{"url":{"type":"string"},"method":{"type":"string","default":"GET"},"timeout":{"$ref":"#/definitions/duration","default":"30s"},"required":{"type":"boolean","description":"Whether a failed call makes the answer 502.","default":true}}}},"parallel":{"type":"boolean","description":"Whether the calls go out together.","default":false},"size":{"$ref":"#/definitions/size","description":"What a node pulls."},"startup":{"$ref":"#/definitions/duration","description":"Time between start and listening."},"onTerm":{"enum":["exit","ignore"],"description":"What it does when asked to end.","default":"exit"},"exitAfter":{"$ref":"#/definitions/duration","description":"When asked to end, it ends after this time."}}},"step":{"type":"object","description":"One step: a command line (run), a pause or condition (wait), something that breaks or is mended (fault), or many pods and services at once (scale).","additionalProperties":false,"oneOf":[{"required":["run"]},{"required":["wait"]},{"required":["fault"]},{"required":["scale"]}],"dependencies":{"from":["run"],"stdin":["run"],"timeout":["run"],"repeat":["run"],"interval":["run"],"retry":["run"],"expect":["run"],"save":["run"]},"properties":{"name":{"type":"string","pattern":"\\S","patternErrorMessage":"must not be empty","description":"What the step shows; default: the command."},"at":{"$ref":"#/definitions/duration","description":"Virtual time since the first step began; default: right after the step before."},"run":{"type":["string","array"],"pattern":"\\S","patternErrorMessage":"must not be empty","minItems":1,"items":{"type":["string","number"]},"description":"A command line, split as a shell does, or its words. kubectl and oc are typed at the control plane; curl, dig, ping, ssh NODE … at the first outside client.","examples":["kubectl get pods -o wide","ssh node-1 ip route","curl -s http://node-1:30008/"]},"from":{"type":"string","description":"The machine where the command is typed, or `pod [NAMESPACE/]NAME[/CONTAINER]`: inside a container, as its node's runtime does it, without API server and network."},"stdin":{"type":"string","description":"Standard input of the command."},"timeout":{"$ref":"#/definitions/duration","description":"Virtual time after which the command is cancelled. Default 60s.","default":"60s"},"repeat":{"$ref":"#/definitions/positive","description":"How often it is run; the outputs are judged together. Default 1.","default":1},"interval":{"$ref":"#/definitions/duration","description":"Pause between repetitions."},"retry":{"$ref":"#/definitions/duration","description":"Run again until the expectation holds, for at most this virtual time."},"save":{"type":"string","pattern":"^[A-Za-z][A-Za-z0-9_-]*$","patternErrorMessage":"must begin with a letter and hold letters, digits, '_' and '-'","description":"Keeps the trimmed output: {{name}} stands for it in later steps."},"expect":{"$ref":"#/definitions/expect"},"wait":{"type":["string","object"],"pattern":"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{","patternErrorMessage":"must be a duration such as 40s, or a condition: {for: pods, condition: Ready}","description":"A duration, or a condition on the API's objects.","additionalProperties":false,"required":["for"],"properties":{"for":{"type":"string","description":"A resource or one object: pods, deployment/web, node/node-1.","examples":["pods","deployment/web"]},"condition":{"type":"string","description":"Condition that must be True: Ready, Available, …; or deleted.","examples":["Ready","Available","deleted"]},"selector":{"type":"string","description":"Label selector."},"namespace":{"type":"string","default":"default"},"name":{"type":"string"},"count":{"$ref":"#/definitions/count","description":"Exactly so many objects, all of which fulfil the rest."},"field":{"type":"string","pattern":"^[^=]+=","patternErrorMessage":"must be a path and a value, as status.phase=Running","examples":["status.phase=Running","status.readyReplicas=3"]},"timeout":{"$ref":"#/definitions/duration","default":"60s"}}},"fault":{"$ref":"#/definitions/fault"},"scale":{"type":"object","description":"Creates so many pods behind so many services as podwire scale does, waits until every node has its rules, sends requests between them, and restarts one service.","additionalProperties":false,"required":["pods","services"],"properties":{"pods":{"$ref":"#/definitions/positive"},"services":{"$ref":"#/definitions/positive"},"endpoints":{"$ref":"#/definitions/positive","description":"Endpoints per service; default: all pods are shared out."},"probes":{"$ref":"#/definitions/count","description":"Requests to services by name, to pods of other nodes, and to node ports from outside.","default":1000}}}}},"fault":{"type":"object","description":"Something breaks, or is mended.","additionalProperties":false,"oneOf":[{"required":["node-down"]},{"required":["node-up"]},{"required":["link-down"]},{"required":["link-up"]},{"required":["impair"]},{"required":["partition"]},{"required":["heal"]},{"required":["kill-container"]},{"required":["kill-sandbox"]},{"required":["stop"]},{"required":["start"]}],"dependencies":{"stop":["on"],"start":["on"],"latency":["impair"],"jitter":["impair"],"rate":["impair"],"queue":["impair"],"loss":["impair"],"mtu":["impair"]},"properties":{"node-down":{"type":"string","description":"The node loses power."},"node-up":{"type":"string","description":"The node gets power again."},"link-down":{"type":"string","description":"The host's cable is pulled."},"link-up":{"type":"string","description":"The host's cable is plugged in again."},"impair":{"type":"string","description":"The host's link changes: latency, jitter, rate, queue, loss, mtu."},"latency":{"$ref":"#/definitions/linkLatency"},"jitter":{"$ref":"#/definitions/linkJitter"},"rate":{"$ref":"#/definitions/linkRate"},"queue":{"$ref":"#/definitions/linkQueue"},"loss":{"$ref":"#/definitions/linkLoss"},"mtu":{"$ref":"#/definitions/linkMtu"},"partition":{"type":"object","description":"Nothing passes between the groups; hosts in no group reach all.","additionalProperties":false,"required":["groups"],"properties":{"name":{"type":"string","description":"By which it is healed. Default: partition.","default":"partition"},"groups":{"type":"array","minItems":2,"items":{"type":"array","minItems":1,"items":{"type":"string"}}}}},"heal":{"type":"string","description":"Name of the partition that ends."},"kill-container":{"type":"string","pattern":"^[^/]+/[^/]+(/[^/]+)?$","patternErrorMessage":"must be NAMESPACE/POD or NAMESPACE/POD/CONTAINER","description":"The container's main process is killed: NAMESPACE/POD[/CONTAINER]."},"kill-sandbox":{"type":"string","pattern":"^[^/]+/[^/]+$","patternErrorMessage":"must be NAMESPACE/POD","description":"The pod's sandbox, and with it its network namespace, is lost: NAMESPACE/POD."},"stop":{"type":"string","description":"A component stops: kubelet, kube-proxy, cni; on the control plane controller-manager, scheduler.","examples":["kubelet","kube-proxy"]},"start":{"type":"string","description":"A component starts again."},"on":{"type":"string","description":"The host of the component."}}},"expect":{"type":["string","object"],"description":"What must hold, besides exit status 0. A text: the output contains it.","additionalProperties":false,"properties":{"exit":{"description":"Exit status. Default 0, or any where stderr is expected.","anyOf":[{"type":"integer","minimum":0,"maximum":255},{"$ref":"#/definitions/parameter"}]},"output":{"$ref":"#/definitions/text","description":"Standard output; of repeated runs all together."},"stderr":{"$ref":"#/definitions/text","description":"Standard error."},"json":{"type":["object","array"],"description":"Values in an output that is JSON.","additionalProperties":false,"required":["path"],"properties":{"path":{"$ref":"#/definitions/jsonPath"},"equals":{"$ref":"#/definitions/anything"},"matches":{"type":"string"},"exists":{"type":"boolean"}},"items":{"type":"object","additionalProperties":false,"required":["path"],"properties":{"path":{"$ref":"#/definitions/jsonPath"},"equals":{"$ref":"#/definitions/anything"},"matches":{"type":"string"},"exists":{"type":"boolean"}}}},"status":{"type":"integer","minimum":100,"maximum":599,"description":"Status of the last HTTP answer."},"backends":{"type":["array","object"],"description":"Which pods answered, judged by the pod names in the outputs.","items":{"type":"string"},"minItems":1,"additionalProperties":false,"properties":{"names":{"type":"array","items":{"type":"string"},"minItems":1,"description":"Only these."},"selector":{"type":"string","description":"Only pods with these labels."},"namespace":{"type":"string","default":"default"},"count":{"$ref":"#/definitions/positive","description":"Exactly so many different ones."},"each":{"type":"string","description":"Share of each: \">= 20%\", \"<= 60%\" or \"20%..50%\".","examples":[">= 20%","20%..50%"]},"share":{"type":"object","description":"Share by prefix of the pod's name: \"20% ± 5%\".","additionalProperties":{"type":"string","examples":["20% ± 5%"]}},"same":{"type":"boolean","description":"All answers came from one pod."}}},"source":{"type":"string","description":"An address, a host, or `pod [NAMESPACE/]NAME` that must occur in the output as the client's address."},"within":{"$ref":"#/definitions/duration","description":"Each run takes at most this virtual time."},"atLeast":{"$ref":"#/definitions/duration","description":"Each run takes at least this virtual time."},"successes":{"type":["integer","string"],"minimum":0,"pattern":"^[0-9]+(\\.\\.[0-9]+)?$|^\\$\\{","patternErrorMessage":"must be a number or a range such as 3..7","description":"Of the repeated runs: how many exit with 0. A number or a range."}}},"jsonPath":{"type":"string","pattern":"\\S","patternErrorMessage":"must not be empty","description":"kubectl's JSONPath, with or without braces.","examples":[".status.phase"]},"anything":{},"text":{"type":["string","object"],"description":"A text: it must be contained.","additionalProperties":false,"properties":{"contains":{"$ref":"#/definitions/strings","description":"All of these occur."},"notContains":{"$ref":"#/definitions/strings","description":"None of these occurs."},"matches":{"$ref":"#/definitions/strings","description":"Regular expressions that match; ^ and $ stand for the ends of lines."},"notMatches":{"$ref":"#/definitions/strings","description":"Regular expressions that do not match."},"equals":{"type":["string","number","boolean"],"description":"The whole text, without space at both ends."},"lines":{"$ref":"#/definitions/count","description":"Number of lines that are not empty."}}}}};
const schema39 = {"type":"string","pattern":"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{","patternErrorMessage":"must be a duration such as 500ms, 30s or 1m30s","examples":["500ms","30s","1m30s"]};
const func2 = Object.prototype.hasOwnProperty;
const pattern0 = new RegExp("^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", "");
const pattern1 = new RegExp("^[A-Za-z_][A-Za-z0-9_-]*$", "");
const pattern44 = new RegExp("^(https?|ssh|git)://\\S+$|^[^@\\s/]+@[^:\\s]+:\\S+$|^\\$\\{", "");
const pattern33 = new RegExp("\\S", "");
const pattern24 = new RegExp("^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{", "");
const schema12 = {"type":"object","description":"The cluster. Everything has a default: three nodes, the bridge provider, kube-proxy with iptables.","additionalProperties":false,"properties":{"nodes":{"description":"Number of nodes, then called node-1, node-2, …; or a list of them. Default 3.","default":3,"type":["integer","array","string"],"minimum":0,"maximum":5000,"pattern":"^\\$\\{","patternErrorMessage":"must be a number or a list of nodes","items":{"$ref":"#/definitions/node"}},"provider":{"description":"The pod network: bridge (a bridge per node, plain routes between nodes), vxlan (a tunnel between nodes), ovn-kubernetes (OVN with Geneve; services without kube-proxy), none (each host its own 172.17.0.0/16).","anyOf":[{"enum":["bridge","vxlan","ovn-kubernetes","none"]},{"$ref":"#/definitions/parameter"}],"default":"bridge"},"proxyMode":{"description":"How kube-proxy writes Services into a node.","anyOf":[{"enum":["iptables"]},{"$ref":"#/definitions/parameter"}],"default":"iptables"},"distribution":{"description":"Whose defaults hold: networks, grace periods, names.","anyOf":[{"enum":["kubernetes","openshift"]},{"$ref":"#/definitions/parameter"}],"default":"kubernetes"},"podNetwork":{"type":"string","description":"Network of all pods. Default 10.244.0.0/16.","examples":["10.244.0.0/16"]},"nodeMaskSize":{"description":"Prefix length of each node's part of the pod network. Default 24.","anyOf":[{"type":"integer","minimum":1,"maximum":32},{"$ref":"#/definitions/parameter"}]},"tuning":{"description":"How components are set up: large, as sites with thousands of nodes do (endpoint updates batched for 500 ms, room for thousands of neighbours, scheduling decisions of 0.25 ms).","anyOf":[{"enum":["default","large"]},{"$ref":"#/definitions/parameter"}],"default":"default"},"podRoutes":{"description":"With the bridge provider: who keeps the routes to each node's pods: the nodes themselves, or the router, as in a cloud's network.","anyOf":[{"enum":["nodes","router"]},{"$ref":"#/definitions/parameter"}],"default":"nodes"},"podGateway":{"description":"Which address of a node's pod network is the gateway: the first leaves .2 and up to pods, the last leaves .1 and up.","anyOf":[{"enum":["first","last"]},{"$ref":"#/definitions/parameter"}],"default":"first"},"serviceNetwork":{"type":"string","description":"Network of cluster IPs. Default 10.96.0.0/12."},"nodeNetwork":{"type":"string","description":"Network of nodes, control plane and router. Default 192.168.10.0/24."},"domain":{"$ref":"#/definitions/dnsName","description":"The cluster's DNS domain. Default cluster.local."},"hairpin":{"$ref":"#/definitions/boolean","description":"Whether a pod can reach itself through its Service. Default true."},"podMtu":{"description":"MTU inside pods; default what the network allows.","anyOf":[{"type":"integer","minimum":576,"maximum":65535},{"$ref":"#/definitions/parameter"}]},"dnsReplicas":{"$ref":"#/definitions/count","description":"Pods of the cluster's DNS server; 0: no DNS. Default 2.","default":2},"corefile":{"type":"string","description":"The DNS server's configuration, as text."},"nodeResolvConf":{"type":"string","description":"/etc/resolv.conf of nodes, as text."},"nodeMonitorGracePeriod":{"$ref":"#/definitions/seconds","description":"How long a silent node counts as alive. Default 50 s, OpenShift 40 s."},"edge":{"type":"object","description":"Proxies and load balancers that lead requests into the cluster. Default: none.","additionalProperties":false,"properties":{"ingressNginx":{"type":"object","description":"ingress-nginx with the IngressClass nginx.","additionalProperties":false,"properties":{"nodes":{"type":"array","items":{"type":"string"},"description":"Nodes that run it. Default: the first."},"publish":{"description":"Reached on its nodes' ports 80 and 443, or by a Service of type LoadBalancer.","anyOf":[{"enum":["hostNetwork","loadBalancer"]},{"$ref":"#/definitions/parameter"}],"default":"hostNetwork"}}},"router":{"type":"object","description":"The OpenShift router: IngressController default and the operator that makes routers of IngressControllers.","additionalProperties":false,"properties":{"nodes":{"type":"array","items":{"type":"string"},"description":"Nodes that run it. Default: the first."},"publish":{"description":"Reached on its nodes' ports 80 and 443, or by a Service of type LoadBalancer.","anyOf":[{"enum":["hostNetwork","loadBalancer"]},{"$ref":"#/definitions/parameter"}],"default":"hostNetwork"}}},"appsDomain":{"$ref":"#/definitions/dnsName","description":"Domain below which Routes get their hosts. Default apps.ocp4.example.com with a router or on OpenShift.","examples":["apps.ocp4.example.com"]},"loadBalancer":{"type":"object","description":"Who gives addresses to Services of type LoadBalancer.","additionalProperties":false,"properties":{"provider":{"description":"A cloud around the cluster, or MetalLB in it: its pools are objects IPAddressPool and L2Advertisement.","anyOf":[{"enum":["cloud","metallb"]},{"$ref":"#/definitions/parameter"}],"default":"cloud"},"pool":{"type":"string","description":"Addresses that a cloud gives. Default 203.0.113.0/24.","examples":["203.0.113.0/28"]}}}}},"kubeProxy":{"type":"object","additionalProperties":false,"properties":{"masqueradeAll":{"$ref":"#/definitions/boolean","description":"Masquerade all traffic to Services. Default false."},"minSyncPeriod":{"$ref":"#/definitions/seconds","description":"Least time between two syncs of the rules. Default 1 s."}}}}};
const schema18 = {"type":"string","pattern":"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"};
const schema25 = {"type":"string","pattern":"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$|^\\$\\{","patternErrorMessage":"must be a DNS name of lower case letters, digits, '-' and '.'"};
const schema31 = {"type":["number","string"],"minimum":0,"pattern":"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|^\\$\\{","patternErrorMessage":"must be a number of seconds or a duration such as 50s"};
const pattern2 = new RegExp("^\\$\\{", "");
const pattern7 = new RegExp("^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$", "");
const pattern14 = new RegExp("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$|^\\$\\{", "");
const pattern18 = new RegExp("^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|^\\$\\{", "");
const schema13 = {"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"$ref":"#/definitions/hostName"},"address":{"type":"string","description":"In the node network; default: chosen."},"podCIDR":{"type":"string","description":"The node's part of the pod network; default: allocated."},"labels":{"type":"object","additionalProperties":{"type":"string"}},"taints":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["key","effect"],"properties":{"key":{"type":"string"},"value":{"type":"string"},"effect":{"enum":["NoSchedule","PreferNoSchedule","NoExecute"]}}}},"capacity":{"type":"object","description":"What the node has to give. Default 4 CPUs, 8Gi, 110 pods.","additionalProperties":false,"properties":{"cpu":{"$ref":"#/definitions/quantity"},"memory":{"$ref":"#/definitions/quantity"},"pods":{"$ref":"#/definitions/quantity"}}}}};
const schema14 = {"type":"string","pattern":"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|\\$\\{","patternErrorMessage":"must be lower case letters, digits, '-' and '.'"};
const schema15 = {"type":["string","number"],"minimum":0,"pattern":"^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{","patternErrorMessage":"must be a quantity such as 4, 500m or 8Gi","examples":["4","500m","8Gi"]};
const pattern3 = new RegExp("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|\\$\\{", "");
const pattern4 = new RegExp("^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{", "");

function validate12(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'",schema:schema13.required,parentSchema:schema13,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((((((key0 === "name") || (key0 === "address")) || (key0 === "podCIDR")) || (key0 === "labels")) || (key0 === "taints")) || (key0 === "capacity"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema13,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.name !== undefined){
let data0 = data.name;
if(typeof data0 === "string"){
if(!pattern3.test(data0)){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/definitions/hostName/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|\\$\\{"},message:"must match pattern \""+"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|\\$\\{"+"\"",schema:"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|\\$\\{",parentSchema:schema14,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/name",schemaPath:"#/definitions/hostName/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema14.type,parentSchema:schema14,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.address !== undefined){
let data1 = data.address;
if(typeof data1 !== "string"){
const err4 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema13.properties.address.type,parentSchema:schema13.properties.address,data:data1};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.podCIDR !== undefined){
let data2 = data.podCIDR;
if(typeof data2 !== "string"){
const err5 = {instancePath:instancePath+"/podCIDR",schemaPath:"#/properties/podCIDR/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema13.properties.podCIDR.type,parentSchema:schema13.properties.podCIDR,data:data2};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.labels !== undefined){
let data3 = data.labels;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
for(const key1 in data3){
let data4 = data3[key1];
if(typeof data4 !== "string"){
const err6 = {instancePath:instancePath+"/labels/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/labels/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema13.properties.labels.additionalProperties.type,parentSchema:schema13.properties.labels.additionalProperties,data:data4};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
else {
const err7 = {instancePath:instancePath+"/labels",schemaPath:"#/properties/labels/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema13.properties.labels.type,parentSchema:schema13.properties.labels,data:data3};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.taints !== undefined){
let data5 = data.taints;
if(Array.isArray(data5)){
const len0 = data5.length;
for(let i0=0; i0<len0; i0++){
let data6 = data5[i0];
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
if(data6.key === undefined){
const err8 = {instancePath:instancePath+"/taints/" + i0,schemaPath:"#/properties/taints/items/required",keyword:"required",params:{missingProperty: "key"},message:"must have required property '"+"key"+"'",schema:schema13.properties.taints.items.required,parentSchema:schema13.properties.taints.items,data:data6};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(data6.effect === undefined){
const err9 = {instancePath:instancePath+"/taints/" + i0,schemaPath:"#/properties/taints/items/required",keyword:"required",params:{missingProperty: "effect"},message:"must have required property '"+"effect"+"'",schema:schema13.properties.taints.items.required,parentSchema:schema13.properties.taints.items,data:data6};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
for(const key2 in data6){
if(!(((key2 === "key") || (key2 === "value")) || (key2 === "effect"))){
const err10 = {instancePath:instancePath+"/taints/" + i0,schemaPath:"#/properties/taints/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema13.properties.taints.items,data:data6};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data6.key !== undefined){
let data7 = data6.key;
if(typeof data7 !== "string"){
const err11 = {instancePath:instancePath+"/taints/" + i0+"/key",schemaPath:"#/properties/taints/items/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema13.properties.taints.items.properties.key.type,parentSchema:schema13.properties.taints.items.properties.key,data:data7};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data6.value !== undefined){
let data8 = data6.value;
if(typeof data8 !== "string"){
const err12 = {instancePath:instancePath+"/taints/" + i0+"/value",schemaPath:"#/properties/taints/items/properties/value/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema13.properties.taints.items.properties.value.type,parentSchema:schema13.properties.taints.items.properties.value,data:data8};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data6.effect !== undefined){
let data9 = data6.effect;
if(!(((data9 === "NoSchedule") || (data9 === "PreferNoSchedule")) || (data9 === "NoExecute"))){
const err13 = {instancePath:instancePath+"/taints/" + i0+"/effect",schemaPath:"#/properties/taints/items/properties/effect/enum",keyword:"enum",params:{allowedValues: schema13.properties.taints.items.properties.effect.enum},message:"must be equal to one of the allowed values",schema:schema13.properties.taints.items.properties.effect.enum,parentSchema:schema13.properties.taints.items.properties.effect,data:data9};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
}
else {
const err14 = {instancePath:instancePath+"/taints/" + i0,schemaPath:"#/properties/taints/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema13.properties.taints.items.type,parentSchema:schema13.properties.taints.items,data:data6};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
}
else {
const err15 = {instancePath:instancePath+"/taints",schemaPath:"#/properties/taints/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema13.properties.taints.type,parentSchema:schema13.properties.taints,data:data5};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data.capacity !== undefined){
let data10 = data.capacity;
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
for(const key3 in data10){
if(!(((key3 === "cpu") || (key3 === "memory")) || (key3 === "pods"))){
const err16 = {instancePath:instancePath+"/capacity",schemaPath:"#/properties/capacity/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema13.properties.capacity,data:data10};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data10.cpu !== undefined){
let data11 = data10.cpu;
if((typeof data11 !== "string") && (!((typeof data11 == "number") && (isFinite(data11))))){
const err17 = {instancePath:instancePath+"/capacity/cpu",schemaPath:"#/definitions/quantity/type",keyword:"type",params:{type: schema15.type},message:"must be string,number",schema:schema15.type,parentSchema:schema15,data:data11};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 < 0 || isNaN(data11)){
const err18 = {instancePath:instancePath+"/capacity/cpu",schemaPath:"#/definitions/quantity/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema15,data:data11};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(typeof data11 === "string"){
if(!pattern4.test(data11)){
const err19 = {instancePath:instancePath+"/capacity/cpu",schemaPath:"#/definitions/quantity/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{"},message:"must match pattern \""+"^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{"+"\"",schema:"^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{",parentSchema:schema15,data:data11};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
}
if(data10.memory !== undefined){
let data12 = data10.memory;
if((typeof data12 !== "string") && (!((typeof data12 == "number") && (isFinite(data12))))){
const err20 = {instancePath:instancePath+"/capacity/memory",schemaPath:"#/definitions/quantity/type",keyword:"type",params:{type: schema15.type},message:"must be string,number",schema:schema15.type,parentSchema:schema15,data:data12};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 < 0 || isNaN(data12)){
const err21 = {instancePath:instancePath+"/capacity/memory",schemaPath:"#/definitions/quantity/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema15,data:data12};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(typeof data12 === "string"){
if(!pattern4.test(data12)){
const err22 = {instancePath:instancePath+"/capacity/memory",schemaPath:"#/definitions/quantity/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{"},message:"must match pattern \""+"^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{"+"\"",schema:"^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{",parentSchema:schema15,data:data12};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
}
if(data10.pods !== undefined){
let data13 = data10.pods;
if((typeof data13 !== "string") && (!((typeof data13 == "number") && (isFinite(data13))))){
const err23 = {instancePath:instancePath+"/capacity/pods",schemaPath:"#/definitions/quantity/type",keyword:"type",params:{type: schema15.type},message:"must be string,number",schema:schema15.type,parentSchema:schema15,data:data13};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 < 0 || isNaN(data13)){
const err24 = {instancePath:instancePath+"/capacity/pods",schemaPath:"#/definitions/quantity/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema15,data:data13};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
if(typeof data13 === "string"){
if(!pattern4.test(data13)){
const err25 = {instancePath:instancePath+"/capacity/pods",schemaPath:"#/definitions/quantity/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{"},message:"must match pattern \""+"^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{"+"\"",schema:"^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$|^\\$\\{",parentSchema:schema15,data:data13};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
}
}
else {
const err26 = {instancePath:instancePath+"/capacity",schemaPath:"#/properties/capacity/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema13.properties.capacity.type,parentSchema:schema13.properties.capacity,data:data10};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
}
else {
const err27 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema13.type,parentSchema:schema13,data};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
validate12.errors = vErrors;
return errors === 0;
}

const schema26 = {"anyOf":[{"type":"boolean"},{"$ref":"#/definitions/parameter"}]};

function validate14(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(typeof data !== "boolean"){
const err0 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema26.anyOf[0].type,parentSchema:schema26.anyOf[0],data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs3 = errors;
if(typeof data === "string"){
if(!pattern7.test(data)){
const err1 = {instancePath,schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
else {
const err2 = {instancePath,schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid0 = valid0 || _valid0;
}
if(!valid0){
const err3 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema26.anyOf,parentSchema:schema26,data};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate14.errors = vErrors;
return errors === 0;
}

const schema29 = {"anyOf":[{"type":"integer","minimum":0},{"$ref":"#/definitions/parameter"}]};

function validate16(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema29.anyOf[0].type,parentSchema:schema29.anyOf[0],data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data < 0 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/anyOf/0/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema29.anyOf[0],data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs3 = errors;
if(typeof data === "string"){
if(!pattern7.test(data)){
const err2 = {instancePath,schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath,schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid0 = valid0 || _valid0;
}
if(!valid0){
const err4 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema29.anyOf,parentSchema:schema29,data};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate16.errors = vErrors;
return errors === 0;
}


function validate11(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema12.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema12,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.nodes !== undefined){
let data0 = data.nodes;
if(((!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))) && (!(Array.isArray(data0)))) && (typeof data0 !== "string")){
const err1 = {instancePath:instancePath+"/nodes",schemaPath:"#/properties/nodes/type",keyword:"type",params:{type: schema12.properties.nodes.type},message:"must be integer,array,string",schema:schema12.properties.nodes.type,parentSchema:schema12.properties.nodes,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 5000 || isNaN(data0)){
const err2 = {instancePath:instancePath+"/nodes",schemaPath:"#/properties/nodes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 5000},message:"must be <= 5000",schema:5000,parentSchema:schema12.properties.nodes,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(data0 < 0 || isNaN(data0)){
const err3 = {instancePath:instancePath+"/nodes",schemaPath:"#/properties/nodes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema12.properties.nodes,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(typeof data0 === "string"){
if(!pattern2.test(data0)){
const err4 = {instancePath:instancePath+"/nodes",schemaPath:"#/properties/nodes/pattern",keyword:"pattern",params:{pattern: "^\\$\\{"},message:"must match pattern \""+"^\\$\\{"+"\"",schema:"^\\$\\{",parentSchema:schema12.properties.nodes,data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(Array.isArray(data0)){
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
if(!(validate12(data0[i0], {instancePath:instancePath+"/nodes/" + i0,parentData:data0,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate12.errors : vErrors.concat(validate12.errors);
errors = vErrors.length;
}
}
}
}
if(data.provider !== undefined){
let data2 = data.provider;
const _errs6 = errors;
let valid3 = false;
const _errs7 = errors;
if(!((((data2 === "bridge") || (data2 === "vxlan")) || (data2 === "ovn-kubernetes")) || (data2 === "none"))){
const err5 = {instancePath:instancePath+"/provider",schemaPath:"#/properties/provider/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema12.properties.provider.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema12.properties.provider.anyOf[0].enum,parentSchema:schema12.properties.provider.anyOf[0],data:data2};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
var _valid0 = _errs7 === errors;
valid3 = valid3 || _valid0;
if(!valid3){
const _errs8 = errors;
if(typeof data2 === "string"){
if(!pattern7.test(data2)){
const err6 = {instancePath:instancePath+"/provider",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data2};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/provider",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data2};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
var _valid0 = _errs8 === errors;
valid3 = valid3 || _valid0;
}
if(!valid3){
const err8 = {instancePath:instancePath+"/provider",schemaPath:"#/properties/provider/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.provider.anyOf,parentSchema:schema12.properties.provider,data:data2};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
else {
errors = _errs6;
if(vErrors !== null){
if(_errs6){
vErrors.length = _errs6;
}
else {
vErrors = null;
}
}
}
}
if(data.proxyMode !== undefined){
let data3 = data.proxyMode;
const _errs12 = errors;
let valid5 = false;
const _errs13 = errors;
if(!(data3 === "iptables")){
const err9 = {instancePath:instancePath+"/proxyMode",schemaPath:"#/properties/proxyMode/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema12.properties.proxyMode.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema12.properties.proxyMode.anyOf[0].enum,parentSchema:schema12.properties.proxyMode.anyOf[0],data:data3};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
var _valid1 = _errs13 === errors;
valid5 = valid5 || _valid1;
if(!valid5){
const _errs14 = errors;
if(typeof data3 === "string"){
if(!pattern7.test(data3)){
const err10 = {instancePath:instancePath+"/proxyMode",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data3};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
else {
const err11 = {instancePath:instancePath+"/proxyMode",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data3};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
var _valid1 = _errs14 === errors;
valid5 = valid5 || _valid1;
}
if(!valid5){
const err12 = {instancePath:instancePath+"/proxyMode",schemaPath:"#/properties/proxyMode/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.proxyMode.anyOf,parentSchema:schema12.properties.proxyMode,data:data3};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
else {
errors = _errs12;
if(vErrors !== null){
if(_errs12){
vErrors.length = _errs12;
}
else {
vErrors = null;
}
}
}
}
if(data.distribution !== undefined){
let data4 = data.distribution;
const _errs18 = errors;
let valid7 = false;
const _errs19 = errors;
if(!((data4 === "kubernetes") || (data4 === "openshift"))){
const err13 = {instancePath:instancePath+"/distribution",schemaPath:"#/properties/distribution/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema12.properties.distribution.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema12.properties.distribution.anyOf[0].enum,parentSchema:schema12.properties.distribution.anyOf[0],data:data4};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
var _valid2 = _errs19 === errors;
valid7 = valid7 || _valid2;
if(!valid7){
const _errs20 = errors;
if(typeof data4 === "string"){
if(!pattern7.test(data4)){
const err14 = {instancePath:instancePath+"/distribution",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data4};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/distribution",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data4};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
var _valid2 = _errs20 === errors;
valid7 = valid7 || _valid2;
}
if(!valid7){
const err16 = {instancePath:instancePath+"/distribution",schemaPath:"#/properties/distribution/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.distribution.anyOf,parentSchema:schema12.properties.distribution,data:data4};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
else {
errors = _errs18;
if(vErrors !== null){
if(_errs18){
vErrors.length = _errs18;
}
else {
vErrors = null;
}
}
}
}
if(data.podNetwork !== undefined){
let data5 = data.podNetwork;
if(typeof data5 !== "string"){
const err17 = {instancePath:instancePath+"/podNetwork",schemaPath:"#/properties/podNetwork/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.podNetwork.type,parentSchema:schema12.properties.podNetwork,data:data5};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data.nodeMaskSize !== undefined){
let data6 = data.nodeMaskSize;
const _errs26 = errors;
let valid9 = false;
const _errs27 = errors;
if(!(((typeof data6 == "number") && (!(data6 % 1) && !isNaN(data6))) && (isFinite(data6)))){
const err18 = {instancePath:instancePath+"/nodeMaskSize",schemaPath:"#/properties/nodeMaskSize/anyOf/0/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema12.properties.nodeMaskSize.anyOf[0].type,parentSchema:schema12.properties.nodeMaskSize.anyOf[0],data:data6};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 > 32 || isNaN(data6)){
const err19 = {instancePath:instancePath+"/nodeMaskSize",schemaPath:"#/properties/nodeMaskSize/anyOf/0/maximum",keyword:"maximum",params:{comparison: "<=", limit: 32},message:"must be <= 32",schema:32,parentSchema:schema12.properties.nodeMaskSize.anyOf[0],data:data6};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
if(data6 < 1 || isNaN(data6)){
const err20 = {instancePath:instancePath+"/nodeMaskSize",schemaPath:"#/properties/nodeMaskSize/anyOf/0/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema12.properties.nodeMaskSize.anyOf[0],data:data6};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
var _valid3 = _errs27 === errors;
valid9 = valid9 || _valid3;
if(!valid9){
const _errs29 = errors;
if(typeof data6 === "string"){
if(!pattern7.test(data6)){
const err21 = {instancePath:instancePath+"/nodeMaskSize",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data6};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
else {
const err22 = {instancePath:instancePath+"/nodeMaskSize",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data6};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
var _valid3 = _errs29 === errors;
valid9 = valid9 || _valid3;
}
if(!valid9){
const err23 = {instancePath:instancePath+"/nodeMaskSize",schemaPath:"#/properties/nodeMaskSize/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.nodeMaskSize.anyOf,parentSchema:schema12.properties.nodeMaskSize,data:data6};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
else {
errors = _errs26;
if(vErrors !== null){
if(_errs26){
vErrors.length = _errs26;
}
else {
vErrors = null;
}
}
}
}
if(data.tuning !== undefined){
let data7 = data.tuning;
const _errs33 = errors;
let valid11 = false;
const _errs34 = errors;
if(!((data7 === "default") || (data7 === "large"))){
const err24 = {instancePath:instancePath+"/tuning",schemaPath:"#/properties/tuning/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema12.properties.tuning.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema12.properties.tuning.anyOf[0].enum,parentSchema:schema12.properties.tuning.anyOf[0],data:data7};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
var _valid4 = _errs34 === errors;
valid11 = valid11 || _valid4;
if(!valid11){
const _errs35 = errors;
if(typeof data7 === "string"){
if(!pattern7.test(data7)){
const err25 = {instancePath:instancePath+"/tuning",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data7};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
else {
const err26 = {instancePath:instancePath+"/tuning",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data7};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
var _valid4 = _errs35 === errors;
valid11 = valid11 || _valid4;
}
if(!valid11){
const err27 = {instancePath:instancePath+"/tuning",schemaPath:"#/properties/tuning/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.tuning.anyOf,parentSchema:schema12.properties.tuning,data:data7};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
else {
errors = _errs33;
if(vErrors !== null){
if(_errs33){
vErrors.length = _errs33;
}
else {
vErrors = null;
}
}
}
}
if(data.podRoutes !== undefined){
let data8 = data.podRoutes;
const _errs39 = errors;
let valid13 = false;
const _errs40 = errors;
if(!((data8 === "nodes") || (data8 === "router"))){
const err28 = {instancePath:instancePath+"/podRoutes",schemaPath:"#/properties/podRoutes/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema12.properties.podRoutes.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema12.properties.podRoutes.anyOf[0].enum,parentSchema:schema12.properties.podRoutes.anyOf[0],data:data8};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
var _valid5 = _errs40 === errors;
valid13 = valid13 || _valid5;
if(!valid13){
const _errs41 = errors;
if(typeof data8 === "string"){
if(!pattern7.test(data8)){
const err29 = {instancePath:instancePath+"/podRoutes",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data8};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
else {
const err30 = {instancePath:instancePath+"/podRoutes",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data8};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
var _valid5 = _errs41 === errors;
valid13 = valid13 || _valid5;
}
if(!valid13){
const err31 = {instancePath:instancePath+"/podRoutes",schemaPath:"#/properties/podRoutes/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.podRoutes.anyOf,parentSchema:schema12.properties.podRoutes,data:data8};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
else {
errors = _errs39;
if(vErrors !== null){
if(_errs39){
vErrors.length = _errs39;
}
else {
vErrors = null;
}
}
}
}
if(data.podGateway !== undefined){
let data9 = data.podGateway;
const _errs45 = errors;
let valid15 = false;
const _errs46 = errors;
if(!((data9 === "first") || (data9 === "last"))){
const err32 = {instancePath:instancePath+"/podGateway",schemaPath:"#/properties/podGateway/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema12.properties.podGateway.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema12.properties.podGateway.anyOf[0].enum,parentSchema:schema12.properties.podGateway.anyOf[0],data:data9};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
var _valid6 = _errs46 === errors;
valid15 = valid15 || _valid6;
if(!valid15){
const _errs47 = errors;
if(typeof data9 === "string"){
if(!pattern7.test(data9)){
const err33 = {instancePath:instancePath+"/podGateway",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data9};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
else {
const err34 = {instancePath:instancePath+"/podGateway",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data9};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
var _valid6 = _errs47 === errors;
valid15 = valid15 || _valid6;
}
if(!valid15){
const err35 = {instancePath:instancePath+"/podGateway",schemaPath:"#/properties/podGateway/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.podGateway.anyOf,parentSchema:schema12.properties.podGateway,data:data9};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
else {
errors = _errs45;
if(vErrors !== null){
if(_errs45){
vErrors.length = _errs45;
}
else {
vErrors = null;
}
}
}
}
if(data.serviceNetwork !== undefined){
let data10 = data.serviceNetwork;
if(typeof data10 !== "string"){
const err36 = {instancePath:instancePath+"/serviceNetwork",schemaPath:"#/properties/serviceNetwork/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.serviceNetwork.type,parentSchema:schema12.properties.serviceNetwork,data:data10};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
if(data.nodeNetwork !== undefined){
let data11 = data.nodeNetwork;
if(typeof data11 !== "string"){
const err37 = {instancePath:instancePath+"/nodeNetwork",schemaPath:"#/properties/nodeNetwork/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.nodeNetwork.type,parentSchema:schema12.properties.nodeNetwork,data:data11};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(data.domain !== undefined){
let data12 = data.domain;
if(typeof data12 === "string"){
if(!pattern14.test(data12)){
const err38 = {instancePath:instancePath+"/domain",schemaPath:"#/definitions/dnsName/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$|^\\$\\{"},message:"must match pattern \""+"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$|^\\$\\{"+"\"",schema:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$|^\\$\\{",parentSchema:schema25,data:data12};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
else {
const err39 = {instancePath:instancePath+"/domain",schemaPath:"#/definitions/dnsName/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema25.type,parentSchema:schema25,data:data12};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
if(data.hairpin !== undefined){
if(!(validate14(data.hairpin, {instancePath:instancePath+"/hairpin",parentData:data,parentDataProperty:"hairpin",rootData}))){
vErrors = vErrors === null ? validate14.errors : vErrors.concat(validate14.errors);
errors = vErrors.length;
}
}
if(data.podMtu !== undefined){
let data14 = data.podMtu;
const _errs59 = errors;
let valid18 = false;
const _errs60 = errors;
if(!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14)))){
const err40 = {instancePath:instancePath+"/podMtu",schemaPath:"#/properties/podMtu/anyOf/0/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema12.properties.podMtu.anyOf[0].type,parentSchema:schema12.properties.podMtu.anyOf[0],data:data14};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 65535 || isNaN(data14)){
const err41 = {instancePath:instancePath+"/podMtu",schemaPath:"#/properties/podMtu/anyOf/0/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema12.properties.podMtu.anyOf[0],data:data14};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
if(data14 < 576 || isNaN(data14)){
const err42 = {instancePath:instancePath+"/podMtu",schemaPath:"#/properties/podMtu/anyOf/0/minimum",keyword:"minimum",params:{comparison: ">=", limit: 576},message:"must be >= 576",schema:576,parentSchema:schema12.properties.podMtu.anyOf[0],data:data14};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
var _valid7 = _errs60 === errors;
valid18 = valid18 || _valid7;
if(!valid18){
const _errs62 = errors;
if(typeof data14 === "string"){
if(!pattern7.test(data14)){
const err43 = {instancePath:instancePath+"/podMtu",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data14};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
else {
const err44 = {instancePath:instancePath+"/podMtu",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data14};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
var _valid7 = _errs62 === errors;
valid18 = valid18 || _valid7;
}
if(!valid18){
const err45 = {instancePath:instancePath+"/podMtu",schemaPath:"#/properties/podMtu/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.podMtu.anyOf,parentSchema:schema12.properties.podMtu,data:data14};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
else {
errors = _errs59;
if(vErrors !== null){
if(_errs59){
vErrors.length = _errs59;
}
else {
vErrors = null;
}
}
}
}
if(data.dnsReplicas !== undefined){
if(!(validate16(data.dnsReplicas, {instancePath:instancePath+"/dnsReplicas",parentData:data,parentDataProperty:"dnsReplicas",rootData}))){
vErrors = vErrors === null ? validate16.errors : vErrors.concat(validate16.errors);
errors = vErrors.length;
}
}
if(data.corefile !== undefined){
let data16 = data.corefile;
if(typeof data16 !== "string"){
const err46 = {instancePath:instancePath+"/corefile",schemaPath:"#/properties/corefile/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.corefile.type,parentSchema:schema12.properties.corefile,data:data16};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
if(data.nodeResolvConf !== undefined){
let data17 = data.nodeResolvConf;
if(typeof data17 !== "string"){
const err47 = {instancePath:instancePath+"/nodeResolvConf",schemaPath:"#/properties/nodeResolvConf/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.nodeResolvConf.type,parentSchema:schema12.properties.nodeResolvConf,data:data17};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
if(data.nodeMonitorGracePeriod !== undefined){
let data18 = data.nodeMonitorGracePeriod;
if((!((typeof data18 == "number") && (isFinite(data18)))) && (typeof data18 !== "string")){
const err48 = {instancePath:instancePath+"/nodeMonitorGracePeriod",schemaPath:"#/definitions/seconds/type",keyword:"type",params:{type: schema31.type},message:"must be number,string",schema:schema31.type,parentSchema:schema31,data:data18};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 < 0 || isNaN(data18)){
const err49 = {instancePath:instancePath+"/nodeMonitorGracePeriod",schemaPath:"#/definitions/seconds/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema31,data:data18};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
if(typeof data18 === "string"){
if(!pattern18.test(data18)){
const err50 = {instancePath:instancePath+"/nodeMonitorGracePeriod",schemaPath:"#/definitions/seconds/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|^\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|^\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|^\\$\\{",parentSchema:schema31,data:data18};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
}
if(data.edge !== undefined){
let data19 = data.edge;
if(data19 && typeof data19 == "object" && !Array.isArray(data19)){
for(const key1 in data19){
if(!((((key1 === "ingressNginx") || (key1 === "router")) || (key1 === "appsDomain")) || (key1 === "loadBalancer"))){
const err51 = {instancePath:instancePath+"/edge",schemaPath:"#/properties/edge/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema12.properties.edge,data:data19};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
if(data19.ingressNginx !== undefined){
let data20 = data19.ingressNginx;
if(data20 && typeof data20 == "object" && !Array.isArray(data20)){
for(const key2 in data20){
if(!((key2 === "nodes") || (key2 === "publish"))){
const err52 = {instancePath:instancePath+"/edge/ingressNginx",schemaPath:"#/properties/edge/properties/ingressNginx/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema12.properties.edge.properties.ingressNginx,data:data20};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
if(data20.nodes !== undefined){
let data21 = data20.nodes;
if(Array.isArray(data21)){
const len1 = data21.length;
for(let i1=0; i1<len1; i1++){
let data22 = data21[i1];
if(typeof data22 !== "string"){
const err53 = {instancePath:instancePath+"/edge/ingressNginx/nodes/" + i1,schemaPath:"#/properties/edge/properties/ingressNginx/properties/nodes/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.edge.properties.ingressNginx.properties.nodes.items.type,parentSchema:schema12.properties.edge.properties.ingressNginx.properties.nodes.items,data:data22};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
}
else {
const err54 = {instancePath:instancePath+"/edge/ingressNginx/nodes",schemaPath:"#/properties/edge/properties/ingressNginx/properties/nodes/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema12.properties.edge.properties.ingressNginx.properties.nodes.type,parentSchema:schema12.properties.edge.properties.ingressNginx.properties.nodes,data:data21};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
if(data20.publish !== undefined){
let data23 = data20.publish;
const _errs84 = errors;
let valid25 = false;
const _errs85 = errors;
if(!((data23 === "hostNetwork") || (data23 === "loadBalancer"))){
const err55 = {instancePath:instancePath+"/edge/ingressNginx/publish",schemaPath:"#/properties/edge/properties/ingressNginx/properties/publish/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema12.properties.edge.properties.ingressNginx.properties.publish.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema12.properties.edge.properties.ingressNginx.properties.publish.anyOf[0].enum,parentSchema:schema12.properties.edge.properties.ingressNginx.properties.publish.anyOf[0],data:data23};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
var _valid8 = _errs85 === errors;
valid25 = valid25 || _valid8;
if(!valid25){
const _errs86 = errors;
if(typeof data23 === "string"){
if(!pattern7.test(data23)){
const err56 = {instancePath:instancePath+"/edge/ingressNginx/publish",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data23};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
}
else {
const err57 = {instancePath:instancePath+"/edge/ingressNginx/publish",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data23};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
var _valid8 = _errs86 === errors;
valid25 = valid25 || _valid8;
}
if(!valid25){
const err58 = {instancePath:instancePath+"/edge/ingressNginx/publish",schemaPath:"#/properties/edge/properties/ingressNginx/properties/publish/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.edge.properties.ingressNginx.properties.publish.anyOf,parentSchema:schema12.properties.edge.properties.ingressNginx.properties.publish,data:data23};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
else {
errors = _errs84;
if(vErrors !== null){
if(_errs84){
vErrors.length = _errs84;
}
else {
vErrors = null;
}
}
}
}
}
else {
const err59 = {instancePath:instancePath+"/edge/ingressNginx",schemaPath:"#/properties/edge/properties/ingressNginx/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema12.properties.edge.properties.ingressNginx.type,parentSchema:schema12.properties.edge.properties.ingressNginx,data:data20};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
}
if(data19.router !== undefined){
let data24 = data19.router;
if(data24 && typeof data24 == "object" && !Array.isArray(data24)){
for(const key3 in data24){
if(!((key3 === "nodes") || (key3 === "publish"))){
const err60 = {instancePath:instancePath+"/edge/router",schemaPath:"#/properties/edge/properties/router/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema12.properties.edge.properties.router,data:data24};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
}
if(data24.nodes !== undefined){
let data25 = data24.nodes;
if(Array.isArray(data25)){
const len2 = data25.length;
for(let i2=0; i2<len2; i2++){
let data26 = data25[i2];
if(typeof data26 !== "string"){
const err61 = {instancePath:instancePath+"/edge/router/nodes/" + i2,schemaPath:"#/properties/edge/properties/router/properties/nodes/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.edge.properties.router.properties.nodes.items.type,parentSchema:schema12.properties.edge.properties.router.properties.nodes.items,data:data26};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
}
else {
const err62 = {instancePath:instancePath+"/edge/router/nodes",schemaPath:"#/properties/edge/properties/router/properties/nodes/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema12.properties.edge.properties.router.properties.nodes.type,parentSchema:schema12.properties.edge.properties.router.properties.nodes,data:data25};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
if(data24.publish !== undefined){
let data27 = data24.publish;
const _errs97 = errors;
let valid30 = false;
const _errs98 = errors;
if(!((data27 === "hostNetwork") || (data27 === "loadBalancer"))){
const err63 = {instancePath:instancePath+"/edge/router/publish",schemaPath:"#/properties/edge/properties/router/properties/publish/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema12.properties.edge.properties.router.properties.publish.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema12.properties.edge.properties.router.properties.publish.anyOf[0].enum,parentSchema:schema12.properties.edge.properties.router.properties.publish.anyOf[0],data:data27};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
var _valid9 = _errs98 === errors;
valid30 = valid30 || _valid9;
if(!valid30){
const _errs99 = errors;
if(typeof data27 === "string"){
if(!pattern7.test(data27)){
const err64 = {instancePath:instancePath+"/edge/router/publish",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data27};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
}
else {
const err65 = {instancePath:instancePath+"/edge/router/publish",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data27};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
var _valid9 = _errs99 === errors;
valid30 = valid30 || _valid9;
}
if(!valid30){
const err66 = {instancePath:instancePath+"/edge/router/publish",schemaPath:"#/properties/edge/properties/router/properties/publish/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.edge.properties.router.properties.publish.anyOf,parentSchema:schema12.properties.edge.properties.router.properties.publish,data:data27};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
else {
errors = _errs97;
if(vErrors !== null){
if(_errs97){
vErrors.length = _errs97;
}
else {
vErrors = null;
}
}
}
}
}
else {
const err67 = {instancePath:instancePath+"/edge/router",schemaPath:"#/properties/edge/properties/router/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema12.properties.edge.properties.router.type,parentSchema:schema12.properties.edge.properties.router,data:data24};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
}
if(data19.appsDomain !== undefined){
let data28 = data19.appsDomain;
if(typeof data28 === "string"){
if(!pattern14.test(data28)){
const err68 = {instancePath:instancePath+"/edge/appsDomain",schemaPath:"#/definitions/dnsName/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$|^\\$\\{"},message:"must match pattern \""+"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$|^\\$\\{"+"\"",schema:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$|^\\$\\{",parentSchema:schema25,data:data28};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
}
else {
const err69 = {instancePath:instancePath+"/edge/appsDomain",schemaPath:"#/definitions/dnsName/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema25.type,parentSchema:schema25,data:data28};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
}
if(data19.loadBalancer !== undefined){
let data29 = data19.loadBalancer;
if(data29 && typeof data29 == "object" && !Array.isArray(data29)){
for(const key4 in data29){
if(!((key4 === "provider") || (key4 === "pool"))){
const err70 = {instancePath:instancePath+"/edge/loadBalancer",schemaPath:"#/properties/edge/properties/loadBalancer/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties",schema:false,parentSchema:schema12.properties.edge.properties.loadBalancer,data:data29};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
}
if(data29.provider !== undefined){
let data30 = data29.provider;
const _errs109 = errors;
let valid34 = false;
const _errs110 = errors;
if(!((data30 === "cloud") || (data30 === "metallb"))){
const err71 = {instancePath:instancePath+"/edge/loadBalancer/provider",schemaPath:"#/properties/edge/properties/loadBalancer/properties/provider/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema12.properties.edge.properties.loadBalancer.properties.provider.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema12.properties.edge.properties.loadBalancer.properties.provider.anyOf[0].enum,parentSchema:schema12.properties.edge.properties.loadBalancer.properties.provider.anyOf[0],data:data30};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
var _valid10 = _errs110 === errors;
valid34 = valid34 || _valid10;
if(!valid34){
const _errs111 = errors;
if(typeof data30 === "string"){
if(!pattern7.test(data30)){
const err72 = {instancePath:instancePath+"/edge/loadBalancer/provider",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data30};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
}
else {
const err73 = {instancePath:instancePath+"/edge/loadBalancer/provider",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data30};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
var _valid10 = _errs111 === errors;
valid34 = valid34 || _valid10;
}
if(!valid34){
const err74 = {instancePath:instancePath+"/edge/loadBalancer/provider",schemaPath:"#/properties/edge/properties/loadBalancer/properties/provider/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.properties.edge.properties.loadBalancer.properties.provider.anyOf,parentSchema:schema12.properties.edge.properties.loadBalancer.properties.provider,data:data30};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
else {
errors = _errs109;
if(vErrors !== null){
if(_errs109){
vErrors.length = _errs109;
}
else {
vErrors = null;
}
}
}
}
if(data29.pool !== undefined){
let data31 = data29.pool;
if(typeof data31 !== "string"){
const err75 = {instancePath:instancePath+"/edge/loadBalancer/pool",schemaPath:"#/properties/edge/properties/loadBalancer/properties/pool/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.edge.properties.loadBalancer.properties.pool.type,parentSchema:schema12.properties.edge.properties.loadBalancer.properties.pool,data:data31};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
}
}
else {
const err76 = {instancePath:instancePath+"/edge/loadBalancer",schemaPath:"#/properties/edge/properties/loadBalancer/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema12.properties.edge.properties.loadBalancer.type,parentSchema:schema12.properties.edge.properties.loadBalancer,data:data29};
if(vErrors === null){
vErrors = [err76];
}
else {
vErrors.push(err76);
}
errors++;
}
}
}
else {
const err77 = {instancePath:instancePath+"/edge",schemaPath:"#/properties/edge/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema12.properties.edge.type,parentSchema:schema12.properties.edge,data:data19};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
}
if(data.kubeProxy !== undefined){
let data32 = data.kubeProxy;
if(data32 && typeof data32 == "object" && !Array.isArray(data32)){
for(const key5 in data32){
if(!((key5 === "masqueradeAll") || (key5 === "minSyncPeriod"))){
const err78 = {instancePath:instancePath+"/kubeProxy",schemaPath:"#/properties/kubeProxy/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties",schema:false,parentSchema:schema12.properties.kubeProxy,data:data32};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
}
if(data32.masqueradeAll !== undefined){
if(!(validate14(data32.masqueradeAll, {instancePath:instancePath+"/kubeProxy/masqueradeAll",parentData:data32,parentDataProperty:"masqueradeAll",rootData}))){
vErrors = vErrors === null ? validate14.errors : vErrors.concat(validate14.errors);
errors = vErrors.length;
}
}
if(data32.minSyncPeriod !== undefined){
let data34 = data32.minSyncPeriod;
if((!((typeof data34 == "number") && (isFinite(data34)))) && (typeof data34 !== "string")){
const err79 = {instancePath:instancePath+"/kubeProxy/minSyncPeriod",schemaPath:"#/definitions/seconds/type",keyword:"type",params:{type: schema31.type},message:"must be number,string",schema:schema31.type,parentSchema:schema31,data:data34};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
if((typeof data34 == "number") && (isFinite(data34))){
if(data34 < 0 || isNaN(data34)){
const err80 = {instancePath:instancePath+"/kubeProxy/minSyncPeriod",schemaPath:"#/definitions/seconds/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema31,data:data34};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
}
if(typeof data34 === "string"){
if(!pattern18.test(data34)){
const err81 = {instancePath:instancePath+"/kubeProxy/minSyncPeriod",schemaPath:"#/definitions/seconds/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|^\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|^\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|^\\$\\{",parentSchema:schema31,data:data34};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
}
}
}
else {
const err82 = {instancePath:instancePath+"/kubeProxy",schemaPath:"#/properties/kubeProxy/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema12.properties.kubeProxy.type,parentSchema:schema12.properties.kubeProxy,data:data32};
if(vErrors === null){
vErrors = [err82];
}
else {
vErrors.push(err82);
}
errors++;
}
}
}
else {
const err83 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema12.type,parentSchema:schema12,data};
if(vErrors === null){
vErrors = [err83];
}
else {
vErrors.push(err83);
}
errors++;
}
validate11.errors = vErrors;
return errors === 0;
}

const schema37 = {"type":"object","description":"What joins the machines: links, outside clients, the DNS of the outside world.","additionalProperties":false,"properties":{"link":{"$ref":"#/definitions/link","description":"What holds for every link."},"links":{"type":"object","description":"By host: what differs for its link.","additionalProperties":{"$ref":"#/definitions/link"}},"arpSuppression":{"$ref":"#/definitions/boolean","description":"Whether switches answer ARP requests for machines that they know instead of flooding them, as EVPN fabrics do (RFC 9161). Default false."},"clients":{"type":"array","description":"Machines outside the cluster, behind the router. Default: client, 198.51.100.7/24.","items":{"type":"object","additionalProperties":false,"required":["name","address"],"properties":{"name":{"$ref":"#/definitions/hostName"},"address":{"type":"string","description":"With prefix length, as 192.168.1.20/24."}}}},"dns":{"type":"array","description":"What the DNS server of the outside world (192.0.2.53) knows, by zone.","items":{"type":"object","additionalProperties":false,"required":["zone"],"properties":{"zone":{"type":"string","pattern":"^\\.$|^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?$|^\\$\\{","patternErrorMessage":"must be a zone such as example.org","examples":["example.org"]},"behaviour":{"anyOf":[{"enum":["answer","nxdomain","servfail","refused","silent"]},{"$ref":"#/definitions/parameter"}],"default":"answer"},"records":{"type":"array","description":"In zone file form.","items":{"type":"string"},"examples":[["www.example.org. 300 IN A 192.0.2.80"]]}}}}}};
const schema38 = {"type":"object","additionalProperties":false,"properties":{"latency":{"$ref":"#/definitions/linkLatency"},"jitter":{"$ref":"#/definitions/linkJitter"},"rate":{"$ref":"#/definitions/linkRate"},"queue":{"$ref":"#/definitions/linkQueue"},"loss":{"$ref":"#/definitions/linkLoss"},"mtu":{"$ref":"#/definitions/linkMtu"}}};
const schema41 = {"type":"string","pattern":"^[0-9]+(\\.[0-9]+)?(bit|kbit|Mbit|Gbit|Tbit)$|^unlimited$|^\\$\\{","patternErrorMessage":"must be a rate such as 100Mbit or 10Gbit, or unlimited","description":"Bits per second. Default 10Gbit.","examples":["100Mbit","10Gbit","unlimited"]};
const schema42 = {"type":["string","integer"],"minimum":0,"pattern":"^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{","patternErrorMessage":"must be a size such as 1500B, 64KiB or 1MB","examples":["64KiB","1MB"]};
const schema43 = {"type":["string","number"],"minimum":0,"maximum":1,"pattern":"^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{","patternErrorMessage":"must be a percentage from 0% to 100%, such as 0.1%, or a number from 0 to 1","examples":["0.1%","25%"]};
const pattern26 = new RegExp("^[0-9]+(\\.[0-9]+)?(bit|kbit|Mbit|Gbit|Tbit)$|^unlimited$|^\\$\\{", "");
const pattern27 = new RegExp("^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{", "");
const pattern28 = new RegExp("^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{", "");
const schema44 = {"description":"Largest packet. Default 9216.","anyOf":[{"type":"integer","minimum":68,"maximum":65535},{"$ref":"#/definitions/parameter"}]};

function validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema44.anyOf[0].type,parentSchema:schema44.anyOf[0],data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 65535 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/anyOf/0/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema44.anyOf[0],data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 68 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/anyOf/0/minimum",keyword:"minimum",params:{comparison: ">=", limit: 68},message:"must be >= 68",schema:68,parentSchema:schema44.anyOf[0],data};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs3 = errors;
if(typeof data === "string"){
if(!pattern7.test(data)){
const err3 = {instancePath,schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath,schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid0 = valid0 || _valid0;
}
if(!valid0){
const err5 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema44.anyOf,parentSchema:schema44,data};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate22.errors = vErrors;
return errors === 0;
}


function validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((key0 === "latency") || (key0 === "jitter")) || (key0 === "rate")) || (key0 === "queue")) || (key0 === "loss")) || (key0 === "mtu"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema38,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.latency !== undefined){
let data0 = data.latency;
if(typeof data0 === "string"){
if(!pattern24.test(data0)){
const err1 = {instancePath:instancePath+"/latency",schemaPath:"#/definitions/linkLatency/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
else {
const err2 = {instancePath:instancePath+"/latency",schemaPath:"#/definitions/linkLatency/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.jitter !== undefined){
let data1 = data.jitter;
if(typeof data1 === "string"){
if(!pattern24.test(data1)){
const err3 = {instancePath:instancePath+"/jitter",schemaPath:"#/definitions/linkJitter/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data1};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/jitter",schemaPath:"#/definitions/linkJitter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data1};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.rate !== undefined){
let data2 = data.rate;
if(typeof data2 === "string"){
if(!pattern26.test(data2)){
const err5 = {instancePath:instancePath+"/rate",schemaPath:"#/definitions/linkRate/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(\\.[0-9]+)?(bit|kbit|Mbit|Gbit|Tbit)$|^unlimited$|^\\$\\{"},message:"must match pattern \""+"^[0-9]+(\\.[0-9]+)?(bit|kbit|Mbit|Gbit|Tbit)$|^unlimited$|^\\$\\{"+"\"",schema:"^[0-9]+(\\.[0-9]+)?(bit|kbit|Mbit|Gbit|Tbit)$|^unlimited$|^\\$\\{",parentSchema:schema41,data:data2};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/rate",schemaPath:"#/definitions/linkRate/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema41.type,parentSchema:schema41,data:data2};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.queue !== undefined){
let data3 = data.queue;
if((typeof data3 !== "string") && (!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3))))){
const err7 = {instancePath:instancePath+"/queue",schemaPath:"#/definitions/linkQueue/type",keyword:"type",params:{type: schema42.type},message:"must be string,integer",schema:schema42.type,parentSchema:schema42,data:data3};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 < 0 || isNaN(data3)){
const err8 = {instancePath:instancePath+"/queue",schemaPath:"#/definitions/linkQueue/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema42,data:data3};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(typeof data3 === "string"){
if(!pattern27.test(data3)){
const err9 = {instancePath:instancePath+"/queue",schemaPath:"#/definitions/linkQueue/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{"},message:"must match pattern \""+"^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{"+"\"",schema:"^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{",parentSchema:schema42,data:data3};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
}
if(data.loss !== undefined){
let data4 = data.loss;
if((typeof data4 !== "string") && (!((typeof data4 == "number") && (isFinite(data4))))){
const err10 = {instancePath:instancePath+"/loss",schemaPath:"#/definitions/linkLoss/type",keyword:"type",params:{type: schema43.type},message:"must be string,number",schema:schema43.type,parentSchema:schema43,data:data4};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 1 || isNaN(data4)){
const err11 = {instancePath:instancePath+"/loss",schemaPath:"#/definitions/linkLoss/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1},message:"must be <= 1",schema:1,parentSchema:schema43,data:data4};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if(data4 < 0 || isNaN(data4)){
const err12 = {instancePath:instancePath+"/loss",schemaPath:"#/definitions/linkLoss/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema43,data:data4};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(typeof data4 === "string"){
if(!pattern28.test(data4)){
const err13 = {instancePath:instancePath+"/loss",schemaPath:"#/definitions/linkLoss/pattern",keyword:"pattern",params:{pattern: "^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{"},message:"must match pattern \""+"^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{"+"\"",schema:"^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{",parentSchema:schema43,data:data4};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
}
if(data.mtu !== undefined){
if(!(validate22(data.mtu, {instancePath:instancePath+"/mtu",parentData:data,parentDataProperty:"mtu",rootData}))){
vErrors = vErrors === null ? validate22.errors : vErrors.concat(validate22.errors);
errors = vErrors.length;
}
}
}
else {
const err14 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema38.type,parentSchema:schema38,data};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
validate21.errors = vErrors;
return errors === 0;
}

const pattern31 = new RegExp("^\\.$|^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?$|^\\$\\{", "");

function validate20(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((((key0 === "link") || (key0 === "links")) || (key0 === "arpSuppression")) || (key0 === "clients")) || (key0 === "dns"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema37,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.link !== undefined){
if(!(validate21(data.link, {instancePath:instancePath+"/link",parentData:data,parentDataProperty:"link",rootData}))){
vErrors = vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
errors = vErrors.length;
}
}
if(data.links !== undefined){
let data1 = data.links;
if(data1 && typeof data1 == "object" && !Array.isArray(data1)){
for(const key1 in data1){
if(!(validate21(data1[key1], {instancePath:instancePath+"/links/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data1,parentDataProperty:key1,rootData}))){
vErrors = vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath:instancePath+"/links",schemaPath:"#/properties/links/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema37.properties.links.type,parentSchema:schema37.properties.links,data:data1};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.arpSuppression !== undefined){
if(!(validate14(data.arpSuppression, {instancePath:instancePath+"/arpSuppression",parentData:data,parentDataProperty:"arpSuppression",rootData}))){
vErrors = vErrors === null ? validate14.errors : vErrors.concat(validate14.errors);
errors = vErrors.length;
}
}
if(data.clients !== undefined){
let data4 = data.clients;
if(Array.isArray(data4)){
const len0 = data4.length;
for(let i0=0; i0<len0; i0++){
let data5 = data4[i0];
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
if(data5.name === undefined){
const err2 = {instancePath:instancePath+"/clients/" + i0,schemaPath:"#/properties/clients/items/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'",schema:schema37.properties.clients.items.required,parentSchema:schema37.properties.clients.items,data:data5};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(data5.address === undefined){
const err3 = {instancePath:instancePath+"/clients/" + i0,schemaPath:"#/properties/clients/items/required",keyword:"required",params:{missingProperty: "address"},message:"must have required property '"+"address"+"'",schema:schema37.properties.clients.items.required,parentSchema:schema37.properties.clients.items,data:data5};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
for(const key2 in data5){
if(!((key2 === "name") || (key2 === "address"))){
const err4 = {instancePath:instancePath+"/clients/" + i0,schemaPath:"#/properties/clients/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema37.properties.clients.items,data:data5};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data5.name !== undefined){
let data6 = data5.name;
if(typeof data6 === "string"){
if(!pattern3.test(data6)){
const err5 = {instancePath:instancePath+"/clients/" + i0+"/name",schemaPath:"#/definitions/hostName/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|\\$\\{"},message:"must match pattern \""+"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|\\$\\{"+"\"",schema:"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|\\$\\{",parentSchema:schema14,data:data6};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/clients/" + i0+"/name",schemaPath:"#/definitions/hostName/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema14.type,parentSchema:schema14,data:data6};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data5.address !== undefined){
let data7 = data5.address;
if(typeof data7 !== "string"){
const err7 = {instancePath:instancePath+"/clients/" + i0+"/address",schemaPath:"#/properties/clients/items/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema37.properties.clients.items.properties.address.type,parentSchema:schema37.properties.clients.items.properties.address,data:data7};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
else {
const err8 = {instancePath:instancePath+"/clients/" + i0,schemaPath:"#/properties/clients/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema37.properties.clients.items.type,parentSchema:schema37.properties.clients.items,data:data5};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
}
else {
const err9 = {instancePath:instancePath+"/clients",schemaPath:"#/properties/clients/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema37.properties.clients.type,parentSchema:schema37.properties.clients,data:data4};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.dns !== undefined){
let data8 = data.dns;
if(Array.isArray(data8)){
const len1 = data8.length;
for(let i1=0; i1<len1; i1++){
let data9 = data8[i1];
if(data9 && typeof data9 == "object" && !Array.isArray(data9)){
if(data9.zone === undefined){
const err10 = {instancePath:instancePath+"/dns/" + i1,schemaPath:"#/properties/dns/items/required",keyword:"required",params:{missingProperty: "zone"},message:"must have required property '"+"zone"+"'",schema:schema37.properties.dns.items.required,parentSchema:schema37.properties.dns.items,data:data9};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
for(const key3 in data9){
if(!(((key3 === "zone") || (key3 === "behaviour")) || (key3 === "records"))){
const err11 = {instancePath:instancePath+"/dns/" + i1,schemaPath:"#/properties/dns/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema37.properties.dns.items,data:data9};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data9.zone !== undefined){
let data10 = data9.zone;
if(typeof data10 === "string"){
if(!pattern31.test(data10)){
const err12 = {instancePath:instancePath+"/dns/" + i1+"/zone",schemaPath:"#/properties/dns/items/properties/zone/pattern",keyword:"pattern",params:{pattern: "^\\.$|^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?$|^\\$\\{"},message:"must match pattern \""+"^\\.$|^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?$|^\\$\\{"+"\"",schema:"^\\.$|^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?$|^\\$\\{",parentSchema:schema37.properties.dns.items.properties.zone,data:data10};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
else {
const err13 = {instancePath:instancePath+"/dns/" + i1+"/zone",schemaPath:"#/properties/dns/items/properties/zone/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema37.properties.dns.items.properties.zone.type,parentSchema:schema37.properties.dns.items.properties.zone,data:data10};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data9.behaviour !== undefined){
let data11 = data9.behaviour;
const _errs26 = errors;
let valid9 = false;
const _errs27 = errors;
if(!(((((data11 === "answer") || (data11 === "nxdomain")) || (data11 === "servfail")) || (data11 === "refused")) || (data11 === "silent"))){
const err14 = {instancePath:instancePath+"/dns/" + i1+"/behaviour",schemaPath:"#/properties/dns/items/properties/behaviour/anyOf/0/enum",keyword:"enum",params:{allowedValues: schema37.properties.dns.items.properties.behaviour.anyOf[0].enum},message:"must be equal to one of the allowed values",schema:schema37.properties.dns.items.properties.behaviour.anyOf[0].enum,parentSchema:schema37.properties.dns.items.properties.behaviour.anyOf[0],data:data11};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
var _valid0 = _errs27 === errors;
valid9 = valid9 || _valid0;
if(!valid9){
const _errs28 = errors;
if(typeof data11 === "string"){
if(!pattern7.test(data11)){
const err15 = {instancePath:instancePath+"/dns/" + i1+"/behaviour",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data11};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/dns/" + i1+"/behaviour",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data11};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
var _valid0 = _errs28 === errors;
valid9 = valid9 || _valid0;
}
if(!valid9){
const err17 = {instancePath:instancePath+"/dns/" + i1+"/behaviour",schemaPath:"#/properties/dns/items/properties/behaviour/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema37.properties.dns.items.properties.behaviour.anyOf,parentSchema:schema37.properties.dns.items.properties.behaviour,data:data11};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
else {
errors = _errs26;
if(vErrors !== null){
if(_errs26){
vErrors.length = _errs26;
}
else {
vErrors = null;
}
}
}
}
if(data9.records !== undefined){
let data12 = data9.records;
if(Array.isArray(data12)){
const len2 = data12.length;
for(let i2=0; i2<len2; i2++){
let data13 = data12[i2];
if(typeof data13 !== "string"){
const err18 = {instancePath:instancePath+"/dns/" + i1+"/records/" + i2,schemaPath:"#/properties/dns/items/properties/records/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema37.properties.dns.items.properties.records.items.type,parentSchema:schema37.properties.dns.items.properties.records.items,data:data13};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
}
else {
const err19 = {instancePath:instancePath+"/dns/" + i1+"/records",schemaPath:"#/properties/dns/items/properties/records/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema37.properties.dns.items.properties.records.type,parentSchema:schema37.properties.dns.items.properties.records,data:data12};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
}
else {
const err20 = {instancePath:instancePath+"/dns/" + i1,schemaPath:"#/properties/dns/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema37.properties.dns.items.type,parentSchema:schema37.properties.dns.items,data:data9};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/dns",schemaPath:"#/properties/dns/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema37.properties.dns.type,parentSchema:schema37.properties.dns,data:data8};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
}
else {
const err22 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema37.type,parentSchema:schema37,data};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
validate20.errors = vErrors;
return errors === 0;
}

const schema48 = {"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"type":"string","pattern":"\\S","patternErrorMessage":"must not be empty","description":"As a pod's container names it."},"ports":{"type":"array","description":"Where it listens; default: on the ports that the container declares.","items":{"type":["integer","object"],"minimum":1,"maximum":65535,"additionalProperties":false,"required":["port"],"properties":{"port":{"$ref":"#/definitions/port"},"protocol":{"enum":["TCP","UDP"],"default":"TCP"},"name":{"type":"string"}}}},"answers":{"type":"array","description":"By path; '*' answers all others. Without any, every request is answered with the pod's name.","items":{"type":"object","additionalProperties":false,"required":["path"],"properties":{"path":{"type":"string","pattern":"^(/|\\*$)","patternErrorMessage":"must begin with / or be *"},"status":{"type":"integer","minimum":100,"maximum":599,"default":200},"headers":{"type":"object","additionalProperties":{"type":["string","number"]}},"body":{"type":"string","description":"{pod}, {namespace}, {node}, {client}, {path} and {calls} are filled in."},"bodySize":{"$ref":"#/definitions/size","description":"Instead of a body: so many bytes."},"delay":{"$ref":"#/definitions/duration"},"jitter":{"$ref":"#/definitions/duration","description":"Up to so much is added to the delay."}}}},"failures":{"type":"array","description":"How a share of the requests fails.","items":{"type":"object","additionalProperties":false,"required":["kind","ratio"],"properties":{"kind":{"enum":["status","reset","empty","truncate","hang"],"description":"An error status, a reset, a close before or in the middle of an answer, silence."},"ratio":{"$ref":"#/definitions/ratio"},"status":{"type":"integer","minimum":100,"maximum":599,"default":500}}}},"calls":{"type":"array","description":"Further services that are asked for each answer.","items":{"type":["string","object"],"additionalProperties":false,"required":["url"],"properties":{"url":{"type":"string"},"method":{"type":"string","default":"GET"},"timeout":{"$ref":"#/definitions/duration","default":"30s"},"required":{"type":"boolean","description":"Whether a failed call makes the answer 502.","default":true}}}},"parallel":{"type":"boolean","description":"Whether the calls go out together.","default":false},"size":{"$ref":"#/definitions/size","description":"What a node pulls."},"startup":{"$ref":"#/definitions/duration","description":"Time between start and listening."},"onTerm":{"enum":["exit","ignore"],"description":"What it does when asked to end.","default":"exit"},"exitAfter":{"$ref":"#/definitions/duration","description":"When asked to end, it ends after this time."}}};
const pattern35 = new RegExp("^(/|\\*$)", "");
const schema49 = {"anyOf":[{"type":"integer","minimum":1,"maximum":65535},{"$ref":"#/definitions/parameter"}]};

function validate29(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema49.anyOf[0].type,parentSchema:schema49.anyOf[0],data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 65535 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/anyOf/0/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema49.anyOf[0],data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 1 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/anyOf/0/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema49.anyOf[0],data};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs3 = errors;
if(typeof data === "string"){
if(!pattern7.test(data)){
const err3 = {instancePath,schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath,schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid0 = valid0 || _valid0;
}
if(!valid0){
const err5 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema49.anyOf,parentSchema:schema49,data};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate29.errors = vErrors;
return errors === 0;
}


function validate28(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'",schema:schema48.required,parentSchema:schema48,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema48.properties, key0))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema48,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.name !== undefined){
let data0 = data.name;
if(typeof data0 === "string"){
if(!pattern33.test(data0)){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema48.properties.name,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema48.properties.name.type,parentSchema:schema48.properties.name,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.ports !== undefined){
let data1 = data.ports;
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if((!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))) && (!(data2 && typeof data2 == "object" && !Array.isArray(data2)))){
const err4 = {instancePath:instancePath+"/ports/" + i0,schemaPath:"#/properties/ports/items/type",keyword:"type",params:{type: schema48.properties.ports.items.type},message:"must be integer,object",schema:schema48.properties.ports.items.type,parentSchema:schema48.properties.ports.items,data:data2};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 65535 || isNaN(data2)){
const err5 = {instancePath:instancePath+"/ports/" + i0,schemaPath:"#/properties/ports/items/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema48.properties.ports.items,data:data2};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data2 < 1 || isNaN(data2)){
const err6 = {instancePath:instancePath+"/ports/" + i0,schemaPath:"#/properties/ports/items/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema48.properties.ports.items,data:data2};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.port === undefined){
const err7 = {instancePath:instancePath+"/ports/" + i0,schemaPath:"#/properties/ports/items/required",keyword:"required",params:{missingProperty: "port"},message:"must have required property '"+"port"+"'",schema:schema48.properties.ports.items.required,parentSchema:schema48.properties.ports.items,data:data2};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
for(const key1 in data2){
if(!(((key1 === "port") || (key1 === "protocol")) || (key1 === "name"))){
const err8 = {instancePath:instancePath+"/ports/" + i0,schemaPath:"#/properties/ports/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema48.properties.ports.items,data:data2};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data2.port !== undefined){
if(!(validate29(data2.port, {instancePath:instancePath+"/ports/" + i0+"/port",parentData:data2,parentDataProperty:"port",rootData}))){
vErrors = vErrors === null ? validate29.errors : vErrors.concat(validate29.errors);
errors = vErrors.length;
}
}
if(data2.protocol !== undefined){
let data4 = data2.protocol;
if(!((data4 === "TCP") || (data4 === "UDP"))){
const err9 = {instancePath:instancePath+"/ports/" + i0+"/protocol",schemaPath:"#/properties/ports/items/properties/protocol/enum",keyword:"enum",params:{allowedValues: schema48.properties.ports.items.properties.protocol.enum},message:"must be equal to one of the allowed values",schema:schema48.properties.ports.items.properties.protocol.enum,parentSchema:schema48.properties.ports.items.properties.protocol,data:data4};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data2.name !== undefined){
let data5 = data2.name;
if(typeof data5 !== "string"){
const err10 = {instancePath:instancePath+"/ports/" + i0+"/name",schemaPath:"#/properties/ports/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema48.properties.ports.items.properties.name.type,parentSchema:schema48.properties.ports.items.properties.name,data:data5};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
}
}
else {
const err11 = {instancePath:instancePath+"/ports",schemaPath:"#/properties/ports/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema48.properties.ports.type,parentSchema:schema48.properties.ports,data:data1};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.answers !== undefined){
let data6 = data.answers;
if(Array.isArray(data6)){
const len1 = data6.length;
for(let i1=0; i1<len1; i1++){
let data7 = data6[i1];
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
if(data7.path === undefined){
const err12 = {instancePath:instancePath+"/answers/" + i1,schemaPath:"#/properties/answers/items/required",keyword:"required",params:{missingProperty: "path"},message:"must have required property '"+"path"+"'",schema:schema48.properties.answers.items.required,parentSchema:schema48.properties.answers.items,data:data7};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
for(const key2 in data7){
if(!(((((((key2 === "path") || (key2 === "status")) || (key2 === "headers")) || (key2 === "body")) || (key2 === "bodySize")) || (key2 === "delay")) || (key2 === "jitter"))){
const err13 = {instancePath:instancePath+"/answers/" + i1,schemaPath:"#/properties/answers/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema48.properties.answers.items,data:data7};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data7.path !== undefined){
let data8 = data7.path;
if(typeof data8 === "string"){
if(!pattern35.test(data8)){
const err14 = {instancePath:instancePath+"/answers/" + i1+"/path",schemaPath:"#/properties/answers/items/properties/path/pattern",keyword:"pattern",params:{pattern: "^(/|\\*$)"},message:"must match pattern \""+"^(/|\\*$)"+"\"",schema:"^(/|\\*$)",parentSchema:schema48.properties.answers.items.properties.path,data:data8};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/answers/" + i1+"/path",schemaPath:"#/properties/answers/items/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema48.properties.answers.items.properties.path.type,parentSchema:schema48.properties.answers.items.properties.path,data:data8};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data7.status !== undefined){
let data9 = data7.status;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
const err16 = {instancePath:instancePath+"/answers/" + i1+"/status",schemaPath:"#/properties/answers/items/properties/status/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema48.properties.answers.items.properties.status.type,parentSchema:schema48.properties.answers.items.properties.status,data:data9};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 599 || isNaN(data9)){
const err17 = {instancePath:instancePath+"/answers/" + i1+"/status",schemaPath:"#/properties/answers/items/properties/status/maximum",keyword:"maximum",params:{comparison: "<=", limit: 599},message:"must be <= 599",schema:599,parentSchema:schema48.properties.answers.items.properties.status,data:data9};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
if(data9 < 100 || isNaN(data9)){
const err18 = {instancePath:instancePath+"/answers/" + i1+"/status",schemaPath:"#/properties/answers/items/properties/status/minimum",keyword:"minimum",params:{comparison: ">=", limit: 100},message:"must be >= 100",schema:100,parentSchema:schema48.properties.answers.items.properties.status,data:data9};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
}
if(data7.headers !== undefined){
let data10 = data7.headers;
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
for(const key3 in data10){
let data11 = data10[key3];
if((typeof data11 !== "string") && (!((typeof data11 == "number") && (isFinite(data11))))){
const err19 = {instancePath:instancePath+"/answers/" + i1+"/headers/" + key3.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/answers/items/properties/headers/additionalProperties/type",keyword:"type",params:{type: schema48.properties.answers.items.properties.headers.additionalProperties.type},message:"must be string,number",schema:schema48.properties.answers.items.properties.headers.additionalProperties.type,parentSchema:schema48.properties.answers.items.properties.headers.additionalProperties,data:data11};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
}
else {
const err20 = {instancePath:instancePath+"/answers/" + i1+"/headers",schemaPath:"#/properties/answers/items/properties/headers/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema48.properties.answers.items.properties.headers.type,parentSchema:schema48.properties.answers.items.properties.headers,data:data10};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
if(data7.body !== undefined){
let data12 = data7.body;
if(typeof data12 !== "string"){
const err21 = {instancePath:instancePath+"/answers/" + i1+"/body",schemaPath:"#/properties/answers/items/properties/body/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema48.properties.answers.items.properties.body.type,parentSchema:schema48.properties.answers.items.properties.body,data:data12};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data7.bodySize !== undefined){
let data13 = data7.bodySize;
if((typeof data13 !== "string") && (!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13))))){
const err22 = {instancePath:instancePath+"/answers/" + i1+"/bodySize",schemaPath:"#/definitions/size/type",keyword:"type",params:{type: schema42.type},message:"must be string,integer",schema:schema42.type,parentSchema:schema42,data:data13};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 < 0 || isNaN(data13)){
const err23 = {instancePath:instancePath+"/answers/" + i1+"/bodySize",schemaPath:"#/definitions/size/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema42,data:data13};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(typeof data13 === "string"){
if(!pattern27.test(data13)){
const err24 = {instancePath:instancePath+"/answers/" + i1+"/bodySize",schemaPath:"#/definitions/size/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{"},message:"must match pattern \""+"^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{"+"\"",schema:"^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{",parentSchema:schema42,data:data13};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
}
if(data7.delay !== undefined){
let data14 = data7.delay;
if(typeof data14 === "string"){
if(!pattern24.test(data14)){
const err25 = {instancePath:instancePath+"/answers/" + i1+"/delay",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data14};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
else {
const err26 = {instancePath:instancePath+"/answers/" + i1+"/delay",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data14};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
if(data7.jitter !== undefined){
let data15 = data7.jitter;
if(typeof data15 === "string"){
if(!pattern24.test(data15)){
const err27 = {instancePath:instancePath+"/answers/" + i1+"/jitter",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data15};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
else {
const err28 = {instancePath:instancePath+"/answers/" + i1+"/jitter",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data15};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
}
else {
const err29 = {instancePath:instancePath+"/answers/" + i1,schemaPath:"#/properties/answers/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema48.properties.answers.items.type,parentSchema:schema48.properties.answers.items,data:data7};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
}
else {
const err30 = {instancePath:instancePath+"/answers",schemaPath:"#/properties/answers/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema48.properties.answers.type,parentSchema:schema48.properties.answers,data:data6};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
if(data.failures !== undefined){
let data16 = data.failures;
if(Array.isArray(data16)){
const len2 = data16.length;
for(let i2=0; i2<len2; i2++){
let data17 = data16[i2];
if(data17 && typeof data17 == "object" && !Array.isArray(data17)){
if(data17.kind === undefined){
const err31 = {instancePath:instancePath+"/failures/" + i2,schemaPath:"#/properties/failures/items/required",keyword:"required",params:{missingProperty: "kind"},message:"must have required property '"+"kind"+"'",schema:schema48.properties.failures.items.required,parentSchema:schema48.properties.failures.items,data:data17};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
if(data17.ratio === undefined){
const err32 = {instancePath:instancePath+"/failures/" + i2,schemaPath:"#/properties/failures/items/required",keyword:"required",params:{missingProperty: "ratio"},message:"must have required property '"+"ratio"+"'",schema:schema48.properties.failures.items.required,parentSchema:schema48.properties.failures.items,data:data17};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
for(const key4 in data17){
if(!(((key4 === "kind") || (key4 === "ratio")) || (key4 === "status"))){
const err33 = {instancePath:instancePath+"/failures/" + i2,schemaPath:"#/properties/failures/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties",schema:false,parentSchema:schema48.properties.failures.items,data:data17};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(data17.kind !== undefined){
let data18 = data17.kind;
if(!(((((data18 === "status") || (data18 === "reset")) || (data18 === "empty")) || (data18 === "truncate")) || (data18 === "hang"))){
const err34 = {instancePath:instancePath+"/failures/" + i2+"/kind",schemaPath:"#/properties/failures/items/properties/kind/enum",keyword:"enum",params:{allowedValues: schema48.properties.failures.items.properties.kind.enum},message:"must be equal to one of the allowed values",schema:schema48.properties.failures.items.properties.kind.enum,parentSchema:schema48.properties.failures.items.properties.kind,data:data18};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
if(data17.ratio !== undefined){
let data19 = data17.ratio;
if((typeof data19 !== "string") && (!((typeof data19 == "number") && (isFinite(data19))))){
const err35 = {instancePath:instancePath+"/failures/" + i2+"/ratio",schemaPath:"#/definitions/ratio/type",keyword:"type",params:{type: schema43.type},message:"must be string,number",schema:schema43.type,parentSchema:schema43,data:data19};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 1 || isNaN(data19)){
const err36 = {instancePath:instancePath+"/failures/" + i2+"/ratio",schemaPath:"#/definitions/ratio/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1},message:"must be <= 1",schema:1,parentSchema:schema43,data:data19};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
if(data19 < 0 || isNaN(data19)){
const err37 = {instancePath:instancePath+"/failures/" + i2+"/ratio",schemaPath:"#/definitions/ratio/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema43,data:data19};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(typeof data19 === "string"){
if(!pattern28.test(data19)){
const err38 = {instancePath:instancePath+"/failures/" + i2+"/ratio",schemaPath:"#/definitions/ratio/pattern",keyword:"pattern",params:{pattern: "^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{"},message:"must match pattern \""+"^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{"+"\"",schema:"^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{",parentSchema:schema43,data:data19};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
}
if(data17.status !== undefined){
let data20 = data17.status;
if(!(((typeof data20 == "number") && (!(data20 % 1) && !isNaN(data20))) && (isFinite(data20)))){
const err39 = {instancePath:instancePath+"/failures/" + i2+"/status",schemaPath:"#/properties/failures/items/properties/status/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema48.properties.failures.items.properties.status.type,parentSchema:schema48.properties.failures.items.properties.status,data:data20};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
if((typeof data20 == "number") && (isFinite(data20))){
if(data20 > 599 || isNaN(data20)){
const err40 = {instancePath:instancePath+"/failures/" + i2+"/status",schemaPath:"#/properties/failures/items/properties/status/maximum",keyword:"maximum",params:{comparison: "<=", limit: 599},message:"must be <= 599",schema:599,parentSchema:schema48.properties.failures.items.properties.status,data:data20};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
if(data20 < 100 || isNaN(data20)){
const err41 = {instancePath:instancePath+"/failures/" + i2+"/status",schemaPath:"#/properties/failures/items/properties/status/minimum",keyword:"minimum",params:{comparison: ">=", limit: 100},message:"must be >= 100",schema:100,parentSchema:schema48.properties.failures.items.properties.status,data:data20};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
}
}
else {
const err42 = {instancePath:instancePath+"/failures/" + i2,schemaPath:"#/properties/failures/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema48.properties.failures.items.type,parentSchema:schema48.properties.failures.items,data:data17};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
}
else {
const err43 = {instancePath:instancePath+"/failures",schemaPath:"#/properties/failures/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema48.properties.failures.type,parentSchema:schema48.properties.failures,data:data16};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
if(data.calls !== undefined){
let data21 = data.calls;
if(Array.isArray(data21)){
const len3 = data21.length;
for(let i3=0; i3<len3; i3++){
let data22 = data21[i3];
if((typeof data22 !== "string") && (!(data22 && typeof data22 == "object" && !Array.isArray(data22)))){
const err44 = {instancePath:instancePath+"/calls/" + i3,schemaPath:"#/properties/calls/items/type",keyword:"type",params:{type: schema48.properties.calls.items.type},message:"must be string,object",schema:schema48.properties.calls.items.type,parentSchema:schema48.properties.calls.items,data:data22};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
if(data22 && typeof data22 == "object" && !Array.isArray(data22)){
if(data22.url === undefined){
const err45 = {instancePath:instancePath+"/calls/" + i3,schemaPath:"#/properties/calls/items/required",keyword:"required",params:{missingProperty: "url"},message:"must have required property '"+"url"+"'",schema:schema48.properties.calls.items.required,parentSchema:schema48.properties.calls.items,data:data22};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
for(const key5 in data22){
if(!((((key5 === "url") || (key5 === "method")) || (key5 === "timeout")) || (key5 === "required"))){
const err46 = {instancePath:instancePath+"/calls/" + i3,schemaPath:"#/properties/calls/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties",schema:false,parentSchema:schema48.properties.calls.items,data:data22};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
if(data22.url !== undefined){
let data23 = data22.url;
if(typeof data23 !== "string"){
const err47 = {instancePath:instancePath+"/calls/" + i3+"/url",schemaPath:"#/properties/calls/items/properties/url/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema48.properties.calls.items.properties.url.type,parentSchema:schema48.properties.calls.items.properties.url,data:data23};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
if(data22.method !== undefined){
let data24 = data22.method;
if(typeof data24 !== "string"){
const err48 = {instancePath:instancePath+"/calls/" + i3+"/method",schemaPath:"#/properties/calls/items/properties/method/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema48.properties.calls.items.properties.method.type,parentSchema:schema48.properties.calls.items.properties.method,data:data24};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
if(data22.timeout !== undefined){
let data25 = data22.timeout;
if(typeof data25 === "string"){
if(!pattern24.test(data25)){
const err49 = {instancePath:instancePath+"/calls/" + i3+"/timeout",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data25};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
else {
const err50 = {instancePath:instancePath+"/calls/" + i3+"/timeout",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data25};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data22.required !== undefined){
let data26 = data22.required;
if(typeof data26 !== "boolean"){
const err51 = {instancePath:instancePath+"/calls/" + i3+"/required",schemaPath:"#/properties/calls/items/properties/required/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema48.properties.calls.items.properties.required.type,parentSchema:schema48.properties.calls.items.properties.required,data:data26};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
}
}
}
else {
const err52 = {instancePath:instancePath+"/calls",schemaPath:"#/properties/calls/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema48.properties.calls.type,parentSchema:schema48.properties.calls,data:data21};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
if(data.parallel !== undefined){
let data27 = data.parallel;
if(typeof data27 !== "boolean"){
const err53 = {instancePath:instancePath+"/parallel",schemaPath:"#/properties/parallel/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema48.properties.parallel.type,parentSchema:schema48.properties.parallel,data:data27};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
if(data.size !== undefined){
let data28 = data.size;
if((typeof data28 !== "string") && (!(((typeof data28 == "number") && (!(data28 % 1) && !isNaN(data28))) && (isFinite(data28))))){
const err54 = {instancePath:instancePath+"/size",schemaPath:"#/definitions/size/type",keyword:"type",params:{type: schema42.type},message:"must be string,integer",schema:schema42.type,parentSchema:schema42,data:data28};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
if((typeof data28 == "number") && (isFinite(data28))){
if(data28 < 0 || isNaN(data28)){
const err55 = {instancePath:instancePath+"/size",schemaPath:"#/definitions/size/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema42,data:data28};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
}
if(typeof data28 === "string"){
if(!pattern27.test(data28)){
const err56 = {instancePath:instancePath+"/size",schemaPath:"#/definitions/size/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{"},message:"must match pattern \""+"^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{"+"\"",schema:"^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{",parentSchema:schema42,data:data28};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
}
}
if(data.startup !== undefined){
let data29 = data.startup;
if(typeof data29 === "string"){
if(!pattern24.test(data29)){
const err57 = {instancePath:instancePath+"/startup",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data29};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
else {
const err58 = {instancePath:instancePath+"/startup",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data29};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
}
if(data.onTerm !== undefined){
let data30 = data.onTerm;
if(!((data30 === "exit") || (data30 === "ignore"))){
const err59 = {instancePath:instancePath+"/onTerm",schemaPath:"#/properties/onTerm/enum",keyword:"enum",params:{allowedValues: schema48.properties.onTerm.enum},message:"must be equal to one of the allowed values",schema:schema48.properties.onTerm.enum,parentSchema:schema48.properties.onTerm,data:data30};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
}
if(data.exitAfter !== undefined){
let data31 = data.exitAfter;
if(typeof data31 === "string"){
if(!pattern24.test(data31)){
const err60 = {instancePath:instancePath+"/exitAfter",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data31};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
}
else {
const err61 = {instancePath:instancePath+"/exitAfter",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data31};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
}
else {
const err62 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema48.type,parentSchema:schema48,data};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
validate28.errors = vErrors;
return errors === 0;
}

const schema60 = {"type":"object","description":"One step: a command line (run), a pause or condition (wait), something that breaks or is mended (fault), or many pods and services at once (scale).","additionalProperties":false,"oneOf":[{"required":["run"]},{"required":["wait"]},{"required":["fault"]},{"required":["scale"]}],"dependencies":{"from":["run"],"stdin":["run"],"timeout":["run"],"repeat":["run"],"interval":["run"],"retry":["run"],"expect":["run"],"save":["run"]},"properties":{"name":{"type":"string","pattern":"\\S","patternErrorMessage":"must not be empty","description":"What the step shows; default: the command."},"at":{"$ref":"#/definitions/duration","description":"Virtual time since the first step began; default: right after the step before."},"run":{"type":["string","array"],"pattern":"\\S","patternErrorMessage":"must not be empty","minItems":1,"items":{"type":["string","number"]},"description":"A command line, split as a shell does, or its words. kubectl and oc are typed at the control plane; curl, dig, ping, ssh NODE … at the first outside client.","examples":["kubectl get pods -o wide","ssh node-1 ip route","curl -s http://node-1:30008/"]},"from":{"type":"string","description":"The machine where the command is typed, or `pod [NAMESPACE/]NAME[/CONTAINER]`: inside a container, as its node's runtime does it, without API server and network."},"stdin":{"type":"string","description":"Standard input of the command."},"timeout":{"$ref":"#/definitions/duration","description":"Virtual time after which the command is cancelled. Default 60s.","default":"60s"},"repeat":{"$ref":"#/definitions/positive","description":"How often it is run; the outputs are judged together. Default 1.","default":1},"interval":{"$ref":"#/definitions/duration","description":"Pause between repetitions."},"retry":{"$ref":"#/definitions/duration","description":"Run again until the expectation holds, for at most this virtual time."},"save":{"type":"string","pattern":"^[A-Za-z][A-Za-z0-9_-]*$","patternErrorMessage":"must begin with a letter and hold letters, digits, '_' and '-'","description":"Keeps the trimmed output: {{name}} stands for it in later steps."},"expect":{"$ref":"#/definitions/expect"},"wait":{"type":["string","object"],"pattern":"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{","patternErrorMessage":"must be a duration such as 40s, or a condition: {for: pods, condition: Ready}","description":"A duration, or a condition on the API's objects.","additionalProperties":false,"required":["for"],"properties":{"for":{"type":"string","description":"A resource or one object: pods, deployment/web, node/node-1.","examples":["pods","deployment/web"]},"condition":{"type":"string","description":"Condition that must be True: Ready, Available, …; or deleted.","examples":["Ready","Available","deleted"]},"selector":{"type":"string","description":"Label selector."},"namespace":{"type":"string","default":"default"},"name":{"type":"string"},"count":{"$ref":"#/definitions/count","description":"Exactly so many objects, all of which fulfil the rest."},"field":{"type":"string","pattern":"^[^=]+=","patternErrorMessage":"must be a path and a value, as status.phase=Running","examples":["status.phase=Running","status.readyReplicas=3"]},"timeout":{"$ref":"#/definitions/duration","default":"60s"}}},"fault":{"$ref":"#/definitions/fault"},"scale":{"type":"object","description":"Creates so many pods behind so many services as podwire scale does, waits until every node has its rules, sends requests between them, and restarts one service.","additionalProperties":false,"required":["pods","services"],"properties":{"pods":{"$ref":"#/definitions/positive"},"services":{"$ref":"#/definitions/positive"},"endpoints":{"$ref":"#/definitions/positive","description":"Endpoints per service; default: all pods are shared out."},"probes":{"$ref":"#/definitions/count","description":"Requests to services by name, to pods of other nodes, and to node ports from outside.","default":1000}}}}};
const pattern54 = new RegExp("^[A-Za-z][A-Za-z0-9_-]*$", "");
const pattern62 = new RegExp("^[^=]+=", "");
const schema63 = {"anyOf":[{"type":"integer","minimum":1},{"$ref":"#/definitions/parameter"}]};

function validate34(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema63.anyOf[0].type,parentSchema:schema63.anyOf[0],data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data < 1 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/anyOf/0/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema63.anyOf[0],data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs3 = errors;
if(typeof data === "string"){
if(!pattern7.test(data)){
const err2 = {instancePath,schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath,schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid0 = valid0 || _valid0;
}
if(!valid0){
const err4 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema63.anyOf,parentSchema:schema63,data};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate34.errors = vErrors;
return errors === 0;
}

const schema67 = {"type":["string","object"],"description":"What must hold, besides exit status 0. A text: the output contains it.","additionalProperties":false,"properties":{"exit":{"description":"Exit status. Default 0, or any where stderr is expected.","anyOf":[{"type":"integer","minimum":0,"maximum":255},{"$ref":"#/definitions/parameter"}]},"output":{"$ref":"#/definitions/text","description":"Standard output; of repeated runs all together."},"stderr":{"$ref":"#/definitions/text","description":"Standard error."},"json":{"type":["object","array"],"description":"Values in an output that is JSON.","additionalProperties":false,"required":["path"],"properties":{"path":{"$ref":"#/definitions/jsonPath"},"equals":{"$ref":"#/definitions/anything"},"matches":{"type":"string"},"exists":{"type":"boolean"}},"items":{"type":"object","additionalProperties":false,"required":["path"],"properties":{"path":{"$ref":"#/definitions/jsonPath"},"equals":{"$ref":"#/definitions/anything"},"matches":{"type":"string"},"exists":{"type":"boolean"}}}},"status":{"type":"integer","minimum":100,"maximum":599,"description":"Status of the last HTTP answer."},"backends":{"type":["array","object"],"description":"Which pods answered, judged by the pod names in the outputs.","items":{"type":"string"},"minItems":1,"additionalProperties":false,"properties":{"names":{"type":"array","items":{"type":"string"},"minItems":1,"description":"Only these."},"selector":{"type":"string","description":"Only pods with these labels."},"namespace":{"type":"string","default":"default"},"count":{"$ref":"#/definitions/positive","description":"Exactly so many different ones."},"each":{"type":"string","description":"Share of each: \">= 20%\", \"<= 60%\" or \"20%..50%\".","examples":[">= 20%","20%..50%"]},"share":{"type":"object","description":"Share by prefix of the pod's name: \"20% ± 5%\".","additionalProperties":{"type":"string","examples":["20% ± 5%"]}},"same":{"type":"boolean","description":"All answers came from one pod."}}},"source":{"type":"string","description":"An address, a host, or `pod [NAMESPACE/]NAME` that must occur in the output as the client's address."},"within":{"$ref":"#/definitions/duration","description":"Each run takes at most this virtual time."},"atLeast":{"$ref":"#/definitions/duration","description":"Each run takes at least this virtual time."},"successes":{"type":["integer","string"],"minimum":0,"pattern":"^[0-9]+(\\.\\.[0-9]+)?$|^\\$\\{","patternErrorMessage":"must be a number or a range such as 3..7","description":"Of the repeated runs: how many exit with 0. A number or a range."}}};
const schema74 = {"type":"string","pattern":"\\S","patternErrorMessage":"must not be empty","description":"kubectl's JSONPath, with or without braces.","examples":[".status.phase"]};
const schema75 = {};
const pattern60 = new RegExp("^[0-9]+(\\.\\.[0-9]+)?$|^\\$\\{", "");
const schema69 = {"type":["string","object"],"description":"A text: it must be contained.","additionalProperties":false,"properties":{"contains":{"$ref":"#/definitions/strings","description":"All of these occur."},"notContains":{"$ref":"#/definitions/strings","description":"None of these occurs."},"matches":{"$ref":"#/definitions/strings","description":"Regular expressions that match; ^ and $ stand for the ends of lines."},"notMatches":{"$ref":"#/definitions/strings","description":"Regular expressions that do not match."},"equals":{"type":["string","number","boolean"],"description":"The whole text, without space at both ends."},"lines":{"$ref":"#/definitions/count","description":"Number of lines that are not empty."}}};
const schema70 = {"type":["string","array"],"items":{"type":"string"}};

function validate37(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if((typeof data !== "string") && (!(data && typeof data == "object" && !Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema69.type},message:"must be string,object",schema:schema69.type,parentSchema:schema69,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((key0 === "contains") || (key0 === "notContains")) || (key0 === "matches")) || (key0 === "notMatches")) || (key0 === "equals")) || (key0 === "lines"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema69,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.contains !== undefined){
let data0 = data.contains;
if((typeof data0 !== "string") && (!(Array.isArray(data0)))){
const err2 = {instancePath:instancePath+"/contains",schemaPath:"#/definitions/strings/type",keyword:"type",params:{type: schema70.type},message:"must be string,array",schema:schema70.type,parentSchema:schema70,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(Array.isArray(data0)){
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
let data1 = data0[i0];
if(typeof data1 !== "string"){
const err3 = {instancePath:instancePath+"/contains/" + i0,schemaPath:"#/definitions/strings/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema70.items.type,parentSchema:schema70.items,data:data1};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
}
if(data.notContains !== undefined){
let data2 = data.notContains;
if((typeof data2 !== "string") && (!(Array.isArray(data2)))){
const err4 = {instancePath:instancePath+"/notContains",schemaPath:"#/definitions/strings/type",keyword:"type",params:{type: schema70.type},message:"must be string,array",schema:schema70.type,parentSchema:schema70,data:data2};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if(Array.isArray(data2)){
const len1 = data2.length;
for(let i1=0; i1<len1; i1++){
let data3 = data2[i1];
if(typeof data3 !== "string"){
const err5 = {instancePath:instancePath+"/notContains/" + i1,schemaPath:"#/definitions/strings/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema70.items.type,parentSchema:schema70.items,data:data3};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
}
}
if(data.matches !== undefined){
let data4 = data.matches;
if((typeof data4 !== "string") && (!(Array.isArray(data4)))){
const err6 = {instancePath:instancePath+"/matches",schemaPath:"#/definitions/strings/type",keyword:"type",params:{type: schema70.type},message:"must be string,array",schema:schema70.type,parentSchema:schema70,data:data4};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if(Array.isArray(data4)){
const len2 = data4.length;
for(let i2=0; i2<len2; i2++){
let data5 = data4[i2];
if(typeof data5 !== "string"){
const err7 = {instancePath:instancePath+"/matches/" + i2,schemaPath:"#/definitions/strings/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema70.items.type,parentSchema:schema70.items,data:data5};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
}
if(data.notMatches !== undefined){
let data6 = data.notMatches;
if((typeof data6 !== "string") && (!(Array.isArray(data6)))){
const err8 = {instancePath:instancePath+"/notMatches",schemaPath:"#/definitions/strings/type",keyword:"type",params:{type: schema70.type},message:"must be string,array",schema:schema70.type,parentSchema:schema70,data:data6};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(Array.isArray(data6)){
const len3 = data6.length;
for(let i3=0; i3<len3; i3++){
let data7 = data6[i3];
if(typeof data7 !== "string"){
const err9 = {instancePath:instancePath+"/notMatches/" + i3,schemaPath:"#/definitions/strings/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema70.items.type,parentSchema:schema70.items,data:data7};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
}
}
if(data.equals !== undefined){
let data8 = data.equals;
if(((typeof data8 !== "string") && (!((typeof data8 == "number") && (isFinite(data8))))) && (typeof data8 !== "boolean")){
const err10 = {instancePath:instancePath+"/equals",schemaPath:"#/properties/equals/type",keyword:"type",params:{type: schema69.properties.equals.type},message:"must be string,number,boolean",schema:schema69.properties.equals.type,parentSchema:schema69.properties.equals,data:data8};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.lines !== undefined){
if(!(validate16(data.lines, {instancePath:instancePath+"/lines",parentData:data,parentDataProperty:"lines",rootData}))){
vErrors = vErrors === null ? validate16.errors : vErrors.concat(validate16.errors);
errors = vErrors.length;
}
}
}
validate37.errors = vErrors;
return errors === 0;
}


function validate36(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if((typeof data !== "string") && (!(data && typeof data == "object" && !Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: schema67.type},message:"must be string,object",schema:schema67.type,parentSchema:schema67,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema67.properties, key0))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema67,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.exit !== undefined){
let data0 = data.exit;
const _errs3 = errors;
let valid1 = false;
const _errs4 = errors;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err2 = {instancePath:instancePath+"/exit",schemaPath:"#/properties/exit/anyOf/0/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema67.properties.exit.anyOf[0].type,parentSchema:schema67.properties.exit.anyOf[0],data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 255 || isNaN(data0)){
const err3 = {instancePath:instancePath+"/exit",schemaPath:"#/properties/exit/anyOf/0/maximum",keyword:"maximum",params:{comparison: "<=", limit: 255},message:"must be <= 255",schema:255,parentSchema:schema67.properties.exit.anyOf[0],data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data0 < 0 || isNaN(data0)){
const err4 = {instancePath:instancePath+"/exit",schemaPath:"#/properties/exit/anyOf/0/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema67.properties.exit.anyOf[0],data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
var _valid0 = _errs4 === errors;
valid1 = valid1 || _valid0;
if(!valid1){
const _errs6 = errors;
if(typeof data0 === "string"){
if(!pattern7.test(data0)){
const err5 = {instancePath:instancePath+"/exit",schemaPath:"#/definitions/parameter/pattern",keyword:"pattern",params:{pattern: "^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"},message:"must match pattern \""+"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$"+"\"",schema:"^\\$\\{[A-Za-z_][A-Za-z0-9_-]*\\}$",parentSchema:schema18,data:data0};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/exit",schemaPath:"#/definitions/parameter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema18.type,parentSchema:schema18,data:data0};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
var _valid0 = _errs6 === errors;
valid1 = valid1 || _valid0;
}
if(!valid1){
const err7 = {instancePath:instancePath+"/exit",schemaPath:"#/properties/exit/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema67.properties.exit.anyOf,parentSchema:schema67.properties.exit,data:data0};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
else {
errors = _errs3;
if(vErrors !== null){
if(_errs3){
vErrors.length = _errs3;
}
else {
vErrors = null;
}
}
}
}
if(data.output !== undefined){
if(!(validate37(data.output, {instancePath:instancePath+"/output",parentData:data,parentDataProperty:"output",rootData}))){
vErrors = vErrors === null ? validate37.errors : vErrors.concat(validate37.errors);
errors = vErrors.length;
}
}
if(data.stderr !== undefined){
if(!(validate37(data.stderr, {instancePath:instancePath+"/stderr",parentData:data,parentDataProperty:"stderr",rootData}))){
vErrors = vErrors === null ? validate37.errors : vErrors.concat(validate37.errors);
errors = vErrors.length;
}
}
if(data.json !== undefined){
let data3 = data.json;
if(!data3 || typeof data3 != "object"){
const err8 = {instancePath:instancePath+"/json",schemaPath:"#/properties/json/type",keyword:"type",params:{type: schema67.properties.json.type},message:"must be object,array",schema:schema67.properties.json.type,parentSchema:schema67.properties.json,data:data3};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(Array.isArray(data3)){
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
let data4 = data3[i0];
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
if(data4.path === undefined){
const err9 = {instancePath:instancePath+"/json/" + i0,schemaPath:"#/properties/json/items/required",keyword:"required",params:{missingProperty: "path"},message:"must have required property '"+"path"+"'",schema:schema67.properties.json.items.required,parentSchema:schema67.properties.json.items,data:data4};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
for(const key1 in data4){
if(!((((key1 === "path") || (key1 === "equals")) || (key1 === "matches")) || (key1 === "exists"))){
const err10 = {instancePath:instancePath+"/json/" + i0,schemaPath:"#/properties/json/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema67.properties.json.items,data:data4};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data4.path !== undefined){
let data5 = data4.path;
if(typeof data5 === "string"){
if(!pattern33.test(data5)){
const err11 = {instancePath:instancePath+"/json/" + i0+"/path",schemaPath:"#/definitions/jsonPath/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema74,data:data5};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/json/" + i0+"/path",schemaPath:"#/definitions/jsonPath/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema74.type,parentSchema:schema74,data:data5};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data4.matches !== undefined){
let data7 = data4.matches;
if(typeof data7 !== "string"){
const err13 = {instancePath:instancePath+"/json/" + i0+"/matches",schemaPath:"#/properties/json/items/properties/matches/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema67.properties.json.items.properties.matches.type,parentSchema:schema67.properties.json.items.properties.matches,data:data7};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data4.exists !== undefined){
let data8 = data4.exists;
if(typeof data8 !== "boolean"){
const err14 = {instancePath:instancePath+"/json/" + i0+"/exists",schemaPath:"#/properties/json/items/properties/exists/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema67.properties.json.items.properties.exists.type,parentSchema:schema67.properties.json.items.properties.exists,data:data8};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
}
else {
const err15 = {instancePath:instancePath+"/json/" + i0,schemaPath:"#/properties/json/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema67.properties.json.items.type,parentSchema:schema67.properties.json.items,data:data4};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
}
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
if(data3.path === undefined){
const err16 = {instancePath:instancePath+"/json",schemaPath:"#/properties/json/required",keyword:"required",params:{missingProperty: "path"},message:"must have required property '"+"path"+"'",schema:schema67.properties.json.required,parentSchema:schema67.properties.json,data:data3};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
for(const key2 in data3){
if(!((((key2 === "path") || (key2 === "equals")) || (key2 === "matches")) || (key2 === "exists"))){
const err17 = {instancePath:instancePath+"/json",schemaPath:"#/properties/json/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema67.properties.json,data:data3};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data3.path !== undefined){
let data9 = data3.path;
if(typeof data9 === "string"){
if(!pattern33.test(data9)){
const err18 = {instancePath:instancePath+"/json/path",schemaPath:"#/definitions/jsonPath/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema74,data:data9};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
else {
const err19 = {instancePath:instancePath+"/json/path",schemaPath:"#/definitions/jsonPath/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema74.type,parentSchema:schema74,data:data9};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data3.matches !== undefined){
let data11 = data3.matches;
if(typeof data11 !== "string"){
const err20 = {instancePath:instancePath+"/json/matches",schemaPath:"#/properties/json/properties/matches/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema67.properties.json.properties.matches.type,parentSchema:schema67.properties.json.properties.matches,data:data11};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
if(data3.exists !== undefined){
let data12 = data3.exists;
if(typeof data12 !== "boolean"){
const err21 = {instancePath:instancePath+"/json/exists",schemaPath:"#/properties/json/properties/exists/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema67.properties.json.properties.exists.type,parentSchema:schema67.properties.json.properties.exists,data:data12};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
}
}
if(data.status !== undefined){
let data13 = data.status;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
const err22 = {instancePath:instancePath+"/status",schemaPath:"#/properties/status/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema67.properties.status.type,parentSchema:schema67.properties.status,data:data13};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 599 || isNaN(data13)){
const err23 = {instancePath:instancePath+"/status",schemaPath:"#/properties/status/maximum",keyword:"maximum",params:{comparison: "<=", limit: 599},message:"must be <= 599",schema:599,parentSchema:schema67.properties.status,data:data13};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
if(data13 < 100 || isNaN(data13)){
const err24 = {instancePath:instancePath+"/status",schemaPath:"#/properties/status/minimum",keyword:"minimum",params:{comparison: ">=", limit: 100},message:"must be >= 100",schema:100,parentSchema:schema67.properties.status,data:data13};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
}
if(data.backends !== undefined){
let data14 = data.backends;
if(!data14 || typeof data14 != "object"){
const err25 = {instancePath:instancePath+"/backends",schemaPath:"#/properties/backends/type",keyword:"type",params:{type: schema67.properties.backends.type},message:"must be array,object",schema:schema67.properties.backends.type,parentSchema:schema67.properties.backends,data:data14};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
if(Array.isArray(data14)){
if(data14.length < 1){
const err26 = {instancePath:instancePath+"/backends",schemaPath:"#/properties/backends/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema67.properties.backends,data:data14};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
const len1 = data14.length;
for(let i1=0; i1<len1; i1++){
let data15 = data14[i1];
if(typeof data15 !== "string"){
const err27 = {instancePath:instancePath+"/backends/" + i1,schemaPath:"#/properties/backends/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema67.properties.backends.items.type,parentSchema:schema67.properties.backends.items,data:data15};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
}
if(data14 && typeof data14 == "object" && !Array.isArray(data14)){
for(const key3 in data14){
if(!(((((((key3 === "names") || (key3 === "selector")) || (key3 === "namespace")) || (key3 === "count")) || (key3 === "each")) || (key3 === "share")) || (key3 === "same"))){
const err28 = {instancePath:instancePath+"/backends",schemaPath:"#/properties/backends/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema67.properties.backends,data:data14};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
if(data14.names !== undefined){
let data16 = data14.names;
if(Array.isArray(data16)){
if(data16.length < 1){
const err29 = {instancePath:instancePath+"/backends/names",schemaPath:"#/properties/backends/properties/names/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema67.properties.backends.properties.names,data:data16};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
const len2 = data16.length;
for(let i2=0; i2<len2; i2++){
let data17 = data16[i2];
if(typeof data17 !== "string"){
const err30 = {instancePath:instancePath+"/backends/names/" + i2,schemaPath:"#/properties/backends/properties/names/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema67.properties.backends.properties.names.items.type,parentSchema:schema67.properties.backends.properties.names.items,data:data17};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
}
else {
const err31 = {instancePath:instancePath+"/backends/names",schemaPath:"#/properties/backends/properties/names/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema67.properties.backends.properties.names.type,parentSchema:schema67.properties.backends.properties.names,data:data16};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data14.selector !== undefined){
let data18 = data14.selector;
if(typeof data18 !== "string"){
const err32 = {instancePath:instancePath+"/backends/selector",schemaPath:"#/properties/backends/properties/selector/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema67.properties.backends.properties.selector.type,parentSchema:schema67.properties.backends.properties.selector,data:data18};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data14.namespace !== undefined){
let data19 = data14.namespace;
if(typeof data19 !== "string"){
const err33 = {instancePath:instancePath+"/backends/namespace",schemaPath:"#/properties/backends/properties/namespace/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema67.properties.backends.properties.namespace.type,parentSchema:schema67.properties.backends.properties.namespace,data:data19};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(data14.count !== undefined){
if(!(validate34(data14.count, {instancePath:instancePath+"/backends/count",parentData:data14,parentDataProperty:"count",rootData}))){
vErrors = vErrors === null ? validate34.errors : vErrors.concat(validate34.errors);
errors = vErrors.length;
}
}
if(data14.each !== undefined){
let data21 = data14.each;
if(typeof data21 !== "string"){
const err34 = {instancePath:instancePath+"/backends/each",schemaPath:"#/properties/backends/properties/each/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema67.properties.backends.properties.each.type,parentSchema:schema67.properties.backends.properties.each,data:data21};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
if(data14.share !== undefined){
let data22 = data14.share;
if(data22 && typeof data22 == "object" && !Array.isArray(data22)){
for(const key4 in data22){
let data23 = data22[key4];
if(typeof data23 !== "string"){
const err35 = {instancePath:instancePath+"/backends/share/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/backends/properties/share/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema67.properties.backends.properties.share.additionalProperties.type,parentSchema:schema67.properties.backends.properties.share.additionalProperties,data:data23};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
}
else {
const err36 = {instancePath:instancePath+"/backends/share",schemaPath:"#/properties/backends/properties/share/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema67.properties.backends.properties.share.type,parentSchema:schema67.properties.backends.properties.share,data:data22};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
if(data14.same !== undefined){
let data24 = data14.same;
if(typeof data24 !== "boolean"){
const err37 = {instancePath:instancePath+"/backends/same",schemaPath:"#/properties/backends/properties/same/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema67.properties.backends.properties.same.type,parentSchema:schema67.properties.backends.properties.same,data:data24};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
}
}
if(data.source !== undefined){
let data25 = data.source;
if(typeof data25 !== "string"){
const err38 = {instancePath:instancePath+"/source",schemaPath:"#/properties/source/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema67.properties.source.type,parentSchema:schema67.properties.source,data:data25};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
if(data.within !== undefined){
let data26 = data.within;
if(typeof data26 === "string"){
if(!pattern24.test(data26)){
const err39 = {instancePath:instancePath+"/within",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data26};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
else {
const err40 = {instancePath:instancePath+"/within",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data26};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data.atLeast !== undefined){
let data27 = data.atLeast;
if(typeof data27 === "string"){
if(!pattern24.test(data27)){
const err41 = {instancePath:instancePath+"/atLeast",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data27};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
else {
const err42 = {instancePath:instancePath+"/atLeast",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data27};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
if(data.successes !== undefined){
let data28 = data.successes;
if((!(((typeof data28 == "number") && (!(data28 % 1) && !isNaN(data28))) && (isFinite(data28)))) && (typeof data28 !== "string")){
const err43 = {instancePath:instancePath+"/successes",schemaPath:"#/properties/successes/type",keyword:"type",params:{type: schema67.properties.successes.type},message:"must be integer,string",schema:schema67.properties.successes.type,parentSchema:schema67.properties.successes,data:data28};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
if((typeof data28 == "number") && (isFinite(data28))){
if(data28 < 0 || isNaN(data28)){
const err44 = {instancePath:instancePath+"/successes",schemaPath:"#/properties/successes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema67.properties.successes,data:data28};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
if(typeof data28 === "string"){
if(!pattern60.test(data28)){
const err45 = {instancePath:instancePath+"/successes",schemaPath:"#/properties/successes/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(\\.\\.[0-9]+)?$|^\\$\\{"},message:"must match pattern \""+"^[0-9]+(\\.\\.[0-9]+)?$|^\\$\\{"+"\"",schema:"^[0-9]+(\\.\\.[0-9]+)?$|^\\$\\{",parentSchema:schema67.properties.successes,data:data28};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
}
}
validate36.errors = vErrors;
return errors === 0;
}

const schema81 = {"type":"object","description":"Something breaks, or is mended.","additionalProperties":false,"oneOf":[{"required":["node-down"]},{"required":["node-up"]},{"required":["link-down"]},{"required":["link-up"]},{"required":["impair"]},{"required":["partition"]},{"required":["heal"]},{"required":["kill-container"]},{"required":["kill-sandbox"]},{"required":["stop"]},{"required":["start"]}],"dependencies":{"stop":["on"],"start":["on"],"latency":["impair"],"jitter":["impair"],"rate":["impair"],"queue":["impair"],"loss":["impair"],"mtu":["impair"]},"properties":{"node-down":{"type":"string","description":"The node loses power."},"node-up":{"type":"string","description":"The node gets power again."},"link-down":{"type":"string","description":"The host's cable is pulled."},"link-up":{"type":"string","description":"The host's cable is plugged in again."},"impair":{"type":"string","description":"The host's link changes: latency, jitter, rate, queue, loss, mtu."},"latency":{"$ref":"#/definitions/linkLatency"},"jitter":{"$ref":"#/definitions/linkJitter"},"rate":{"$ref":"#/definitions/linkRate"},"queue":{"$ref":"#/definitions/linkQueue"},"loss":{"$ref":"#/definitions/linkLoss"},"mtu":{"$ref":"#/definitions/linkMtu"},"partition":{"type":"object","description":"Nothing passes between the groups; hosts in no group reach all.","additionalProperties":false,"required":["groups"],"properties":{"name":{"type":"string","description":"By which it is healed. Default: partition.","default":"partition"},"groups":{"type":"array","minItems":2,"items":{"type":"array","minItems":1,"items":{"type":"string"}}}}},"heal":{"type":"string","description":"Name of the partition that ends."},"kill-container":{"type":"string","pattern":"^[^/]+/[^/]+(/[^/]+)?$","patternErrorMessage":"must be NAMESPACE/POD or NAMESPACE/POD/CONTAINER","description":"The container's main process is killed: NAMESPACE/POD[/CONTAINER]."},"kill-sandbox":{"type":"string","pattern":"^[^/]+/[^/]+$","patternErrorMessage":"must be NAMESPACE/POD","description":"The pod's sandbox, and with it its network namespace, is lost: NAMESPACE/POD."},"stop":{"type":"string","description":"A component stops: kubelet, kube-proxy, cni; on the control plane controller-manager, scheduler.","examples":["kubelet","kube-proxy"]},"start":{"type":"string","description":"A component starts again."},"on":{"type":"string","description":"The host of the component."}}};
const pattern69 = new RegExp("^[^/]+/[^/]+(/[^/]+)?$", "");
const pattern70 = new RegExp("^[^/]+/[^/]+$", "");

function validate44(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
const _errs1 = errors;
let valid0 = false;
let passing0 = null;
const _errs2 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data["node-down"] === undefined){
const err0 = {instancePath,schemaPath:"#/oneOf/0/required",keyword:"required",params:{missingProperty: "node-down"},message:"must have required property '"+"node-down"+"'",schema:schema81.oneOf[0].required,parentSchema:schema81.oneOf[0],data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
var _valid0 = _errs2 === errors;
if(_valid0){
valid0 = true;
passing0 = 0;
}
const _errs3 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data["node-up"] === undefined){
const err1 = {instancePath,schemaPath:"#/oneOf/1/required",keyword:"required",params:{missingProperty: "node-up"},message:"must have required property '"+"node-up"+"'",schema:schema81.oneOf[1].required,parentSchema:schema81.oneOf[1],data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var _valid0 = _errs3 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 1];
}
else {
if(_valid0){
valid0 = true;
passing0 = 1;
}
const _errs4 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data["link-down"] === undefined){
const err2 = {instancePath,schemaPath:"#/oneOf/2/required",keyword:"required",params:{missingProperty: "link-down"},message:"must have required property '"+"link-down"+"'",schema:schema81.oneOf[2].required,parentSchema:schema81.oneOf[2],data};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
var _valid0 = _errs4 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 2];
}
else {
if(_valid0){
valid0 = true;
passing0 = 2;
}
const _errs5 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data["link-up"] === undefined){
const err3 = {instancePath,schemaPath:"#/oneOf/3/required",keyword:"required",params:{missingProperty: "link-up"},message:"must have required property '"+"link-up"+"'",schema:schema81.oneOf[3].required,parentSchema:schema81.oneOf[3],data};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
var _valid0 = _errs5 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 3];
}
else {
if(_valid0){
valid0 = true;
passing0 = 3;
}
const _errs6 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.impair === undefined){
const err4 = {instancePath,schemaPath:"#/oneOf/4/required",keyword:"required",params:{missingProperty: "impair"},message:"must have required property '"+"impair"+"'",schema:schema81.oneOf[4].required,parentSchema:schema81.oneOf[4],data};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
var _valid0 = _errs6 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 4];
}
else {
if(_valid0){
valid0 = true;
passing0 = 4;
}
const _errs7 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.partition === undefined){
const err5 = {instancePath,schemaPath:"#/oneOf/5/required",keyword:"required",params:{missingProperty: "partition"},message:"must have required property '"+"partition"+"'",schema:schema81.oneOf[5].required,parentSchema:schema81.oneOf[5],data};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
var _valid0 = _errs7 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 5];
}
else {
if(_valid0){
valid0 = true;
passing0 = 5;
}
const _errs8 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.heal === undefined){
const err6 = {instancePath,schemaPath:"#/oneOf/6/required",keyword:"required",params:{missingProperty: "heal"},message:"must have required property '"+"heal"+"'",schema:schema81.oneOf[6].required,parentSchema:schema81.oneOf[6],data};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
var _valid0 = _errs8 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 6];
}
else {
if(_valid0){
valid0 = true;
passing0 = 6;
}
const _errs9 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data["kill-container"] === undefined){
const err7 = {instancePath,schemaPath:"#/oneOf/7/required",keyword:"required",params:{missingProperty: "kill-container"},message:"must have required property '"+"kill-container"+"'",schema:schema81.oneOf[7].required,parentSchema:schema81.oneOf[7],data};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
var _valid0 = _errs9 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 7];
}
else {
if(_valid0){
valid0 = true;
passing0 = 7;
}
const _errs10 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data["kill-sandbox"] === undefined){
const err8 = {instancePath,schemaPath:"#/oneOf/8/required",keyword:"required",params:{missingProperty: "kill-sandbox"},message:"must have required property '"+"kill-sandbox"+"'",schema:schema81.oneOf[8].required,parentSchema:schema81.oneOf[8],data};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
var _valid0 = _errs10 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 8];
}
else {
if(_valid0){
valid0 = true;
passing0 = 8;
}
const _errs11 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.stop === undefined){
const err9 = {instancePath,schemaPath:"#/oneOf/9/required",keyword:"required",params:{missingProperty: "stop"},message:"must have required property '"+"stop"+"'",schema:schema81.oneOf[9].required,parentSchema:schema81.oneOf[9],data};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
var _valid0 = _errs11 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 9];
}
else {
if(_valid0){
valid0 = true;
passing0 = 9;
}
const _errs12 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.start === undefined){
const err10 = {instancePath,schemaPath:"#/oneOf/10/required",keyword:"required",params:{missingProperty: "start"},message:"must have required property '"+"start"+"'",schema:schema81.oneOf[10].required,parentSchema:schema81.oneOf[10],data};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
var _valid0 = _errs12 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 10];
}
else {
if(_valid0){
valid0 = true;
passing0 = 10;
}
}
}
}
}
}
}
}
}
}
}
if(!valid0){
const err11 = {instancePath,schemaPath:"#/oneOf",keyword:"oneOf",params:{passingSchemas: passing0},message:"must match exactly one schema in oneOf",schema:schema81.oneOf,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
else {
errors = _errs1;
if(vErrors !== null){
if(_errs1){
vErrors.length = _errs1;
}
else {
vErrors = null;
}
}
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema81.properties, key0))){
const err12 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.stop !== undefined){
if(data.on === undefined){
const err13 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "stop",
    missingProperty: "on",
    depsCount: 1,
    deps: "on"},message:"must have property on when property stop is present",schema:schema81.dependencies,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data.start !== undefined){
if(data.on === undefined){
const err14 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "start",
    missingProperty: "on",
    depsCount: 1,
    deps: "on"},message:"must have property on when property start is present",schema:schema81.dependencies,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data.latency !== undefined){
if(data.impair === undefined){
const err15 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "latency",
    missingProperty: "impair",
    depsCount: 1,
    deps: "impair"},message:"must have property impair when property latency is present",schema:schema81.dependencies,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data.jitter !== undefined){
if(data.impair === undefined){
const err16 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "jitter",
    missingProperty: "impair",
    depsCount: 1,
    deps: "impair"},message:"must have property impair when property jitter is present",schema:schema81.dependencies,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data.rate !== undefined){
if(data.impair === undefined){
const err17 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "rate",
    missingProperty: "impair",
    depsCount: 1,
    deps: "impair"},message:"must have property impair when property rate is present",schema:schema81.dependencies,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data.queue !== undefined){
if(data.impair === undefined){
const err18 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "queue",
    missingProperty: "impair",
    depsCount: 1,
    deps: "impair"},message:"must have property impair when property queue is present",schema:schema81.dependencies,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data.loss !== undefined){
if(data.impair === undefined){
const err19 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "loss",
    missingProperty: "impair",
    depsCount: 1,
    deps: "impair"},message:"must have property impair when property loss is present",schema:schema81.dependencies,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data.mtu !== undefined){
if(data.impair === undefined){
const err20 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "mtu",
    missingProperty: "impair",
    depsCount: 1,
    deps: "impair"},message:"must have property impair when property mtu is present",schema:schema81.dependencies,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
if(data["node-down"] !== undefined){
let data0 = data["node-down"];
if(typeof data0 !== "string"){
const err21 = {instancePath:instancePath+"/node-down",schemaPath:"#/properties/node-down/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties["node-down"].type,parentSchema:schema81.properties["node-down"],data:data0};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data["node-up"] !== undefined){
let data1 = data["node-up"];
if(typeof data1 !== "string"){
const err22 = {instancePath:instancePath+"/node-up",schemaPath:"#/properties/node-up/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties["node-up"].type,parentSchema:schema81.properties["node-up"],data:data1};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
if(data["link-down"] !== undefined){
let data2 = data["link-down"];
if(typeof data2 !== "string"){
const err23 = {instancePath:instancePath+"/link-down",schemaPath:"#/properties/link-down/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties["link-down"].type,parentSchema:schema81.properties["link-down"],data:data2};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data["link-up"] !== undefined){
let data3 = data["link-up"];
if(typeof data3 !== "string"){
const err24 = {instancePath:instancePath+"/link-up",schemaPath:"#/properties/link-up/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties["link-up"].type,parentSchema:schema81.properties["link-up"],data:data3};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
if(data.impair !== undefined){
let data4 = data.impair;
if(typeof data4 !== "string"){
const err25 = {instancePath:instancePath+"/impair",schemaPath:"#/properties/impair/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties.impair.type,parentSchema:schema81.properties.impair,data:data4};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data.latency !== undefined){
let data5 = data.latency;
if(typeof data5 === "string"){
if(!pattern24.test(data5)){
const err26 = {instancePath:instancePath+"/latency",schemaPath:"#/definitions/linkLatency/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data5};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
else {
const err27 = {instancePath:instancePath+"/latency",schemaPath:"#/definitions/linkLatency/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data5};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data.jitter !== undefined){
let data6 = data.jitter;
if(typeof data6 === "string"){
if(!pattern24.test(data6)){
const err28 = {instancePath:instancePath+"/jitter",schemaPath:"#/definitions/linkJitter/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data6};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
else {
const err29 = {instancePath:instancePath+"/jitter",schemaPath:"#/definitions/linkJitter/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data6};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data.rate !== undefined){
let data7 = data.rate;
if(typeof data7 === "string"){
if(!pattern26.test(data7)){
const err30 = {instancePath:instancePath+"/rate",schemaPath:"#/definitions/linkRate/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(\\.[0-9]+)?(bit|kbit|Mbit|Gbit|Tbit)$|^unlimited$|^\\$\\{"},message:"must match pattern \""+"^[0-9]+(\\.[0-9]+)?(bit|kbit|Mbit|Gbit|Tbit)$|^unlimited$|^\\$\\{"+"\"",schema:"^[0-9]+(\\.[0-9]+)?(bit|kbit|Mbit|Gbit|Tbit)$|^unlimited$|^\\$\\{",parentSchema:schema41,data:data7};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
else {
const err31 = {instancePath:instancePath+"/rate",schemaPath:"#/definitions/linkRate/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema41.type,parentSchema:schema41,data:data7};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data.queue !== undefined){
let data8 = data.queue;
if((typeof data8 !== "string") && (!(((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8))) && (isFinite(data8))))){
const err32 = {instancePath:instancePath+"/queue",schemaPath:"#/definitions/linkQueue/type",keyword:"type",params:{type: schema42.type},message:"must be string,integer",schema:schema42.type,parentSchema:schema42,data:data8};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 < 0 || isNaN(data8)){
const err33 = {instancePath:instancePath+"/queue",schemaPath:"#/definitions/linkQueue/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema42,data:data8};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(typeof data8 === "string"){
if(!pattern27.test(data8)){
const err34 = {instancePath:instancePath+"/queue",schemaPath:"#/definitions/linkQueue/pattern",keyword:"pattern",params:{pattern: "^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{"},message:"must match pattern \""+"^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{"+"\"",schema:"^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|KiB|MiB|GiB)?$|^\\$\\{",parentSchema:schema42,data:data8};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
}
if(data.loss !== undefined){
let data9 = data.loss;
if((typeof data9 !== "string") && (!((typeof data9 == "number") && (isFinite(data9))))){
const err35 = {instancePath:instancePath+"/loss",schemaPath:"#/definitions/linkLoss/type",keyword:"type",params:{type: schema43.type},message:"must be string,number",schema:schema43.type,parentSchema:schema43,data:data9};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 1 || isNaN(data9)){
const err36 = {instancePath:instancePath+"/loss",schemaPath:"#/definitions/linkLoss/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1},message:"must be <= 1",schema:1,parentSchema:schema43,data:data9};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
if(data9 < 0 || isNaN(data9)){
const err37 = {instancePath:instancePath+"/loss",schemaPath:"#/definitions/linkLoss/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema43,data:data9};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(typeof data9 === "string"){
if(!pattern28.test(data9)){
const err38 = {instancePath:instancePath+"/loss",schemaPath:"#/definitions/linkLoss/pattern",keyword:"pattern",params:{pattern: "^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{"},message:"must match pattern \""+"^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{"+"\"",schema:"^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$|^\\$\\{",parentSchema:schema43,data:data9};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
}
if(data.mtu !== undefined){
if(!(validate22(data.mtu, {instancePath:instancePath+"/mtu",parentData:data,parentDataProperty:"mtu",rootData}))){
vErrors = vErrors === null ? validate22.errors : vErrors.concat(validate22.errors);
errors = vErrors.length;
}
}
if(data.partition !== undefined){
let data11 = data.partition;
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
if(data11.groups === undefined){
const err39 = {instancePath:instancePath+"/partition",schemaPath:"#/properties/partition/required",keyword:"required",params:{missingProperty: "groups"},message:"must have required property '"+"groups"+"'",schema:schema81.properties.partition.required,parentSchema:schema81.properties.partition,data:data11};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
for(const key1 in data11){
if(!((key1 === "name") || (key1 === "groups"))){
const err40 = {instancePath:instancePath+"/partition",schemaPath:"#/properties/partition/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema81.properties.partition,data:data11};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data11.name !== undefined){
let data12 = data11.name;
if(typeof data12 !== "string"){
const err41 = {instancePath:instancePath+"/partition/name",schemaPath:"#/properties/partition/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties.partition.properties.name.type,parentSchema:schema81.properties.partition.properties.name,data:data12};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
if(data11.groups !== undefined){
let data13 = data11.groups;
if(Array.isArray(data13)){
if(data13.length < 2){
const err42 = {instancePath:instancePath+"/partition/groups",schemaPath:"#/properties/partition/properties/groups/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items",schema:2,parentSchema:schema81.properties.partition.properties.groups,data:data13};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
const len0 = data13.length;
for(let i0=0; i0<len0; i0++){
let data14 = data13[i0];
if(Array.isArray(data14)){
if(data14.length < 1){
const err43 = {instancePath:instancePath+"/partition/groups/" + i0,schemaPath:"#/properties/partition/properties/groups/items/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema81.properties.partition.properties.groups.items,data:data14};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
const len1 = data14.length;
for(let i1=0; i1<len1; i1++){
let data15 = data14[i1];
if(typeof data15 !== "string"){
const err44 = {instancePath:instancePath+"/partition/groups/" + i0+"/" + i1,schemaPath:"#/properties/partition/properties/groups/items/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties.partition.properties.groups.items.items.type,parentSchema:schema81.properties.partition.properties.groups.items.items,data:data15};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
}
else {
const err45 = {instancePath:instancePath+"/partition/groups/" + i0,schemaPath:"#/properties/partition/properties/groups/items/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema81.properties.partition.properties.groups.items.type,parentSchema:schema81.properties.partition.properties.groups.items,data:data14};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
}
else {
const err46 = {instancePath:instancePath+"/partition/groups",schemaPath:"#/properties/partition/properties/groups/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema81.properties.partition.properties.groups.type,parentSchema:schema81.properties.partition.properties.groups,data:data13};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
}
else {
const err47 = {instancePath:instancePath+"/partition",schemaPath:"#/properties/partition/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema81.properties.partition.type,parentSchema:schema81.properties.partition,data:data11};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
if(data.heal !== undefined){
let data16 = data.heal;
if(typeof data16 !== "string"){
const err48 = {instancePath:instancePath+"/heal",schemaPath:"#/properties/heal/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties.heal.type,parentSchema:schema81.properties.heal,data:data16};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
if(data["kill-container"] !== undefined){
let data17 = data["kill-container"];
if(typeof data17 === "string"){
if(!pattern69.test(data17)){
const err49 = {instancePath:instancePath+"/kill-container",schemaPath:"#/properties/kill-container/pattern",keyword:"pattern",params:{pattern: "^[^/]+/[^/]+(/[^/]+)?$"},message:"must match pattern \""+"^[^/]+/[^/]+(/[^/]+)?$"+"\"",schema:"^[^/]+/[^/]+(/[^/]+)?$",parentSchema:schema81.properties["kill-container"],data:data17};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
else {
const err50 = {instancePath:instancePath+"/kill-container",schemaPath:"#/properties/kill-container/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties["kill-container"].type,parentSchema:schema81.properties["kill-container"],data:data17};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data["kill-sandbox"] !== undefined){
let data18 = data["kill-sandbox"];
if(typeof data18 === "string"){
if(!pattern70.test(data18)){
const err51 = {instancePath:instancePath+"/kill-sandbox",schemaPath:"#/properties/kill-sandbox/pattern",keyword:"pattern",params:{pattern: "^[^/]+/[^/]+$"},message:"must match pattern \""+"^[^/]+/[^/]+$"+"\"",schema:"^[^/]+/[^/]+$",parentSchema:schema81.properties["kill-sandbox"],data:data18};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
else {
const err52 = {instancePath:instancePath+"/kill-sandbox",schemaPath:"#/properties/kill-sandbox/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties["kill-sandbox"].type,parentSchema:schema81.properties["kill-sandbox"],data:data18};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
if(data.stop !== undefined){
let data19 = data.stop;
if(typeof data19 !== "string"){
const err53 = {instancePath:instancePath+"/stop",schemaPath:"#/properties/stop/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties.stop.type,parentSchema:schema81.properties.stop,data:data19};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
if(data.start !== undefined){
let data20 = data.start;
if(typeof data20 !== "string"){
const err54 = {instancePath:instancePath+"/start",schemaPath:"#/properties/start/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties.start.type,parentSchema:schema81.properties.start,data:data20};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
if(data.on !== undefined){
let data21 = data.on;
if(typeof data21 !== "string"){
const err55 = {instancePath:instancePath+"/on",schemaPath:"#/properties/on/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema81.properties.on.type,parentSchema:schema81.properties.on,data:data21};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
}
}
else {
const err56 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema81.type,parentSchema:schema81,data};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
validate44.errors = vErrors;
return errors === 0;
}


function validate33(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
const _errs1 = errors;
let valid0 = false;
let passing0 = null;
const _errs2 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.run === undefined){
const err0 = {instancePath,schemaPath:"#/oneOf/0/required",keyword:"required",params:{missingProperty: "run"},message:"must have required property '"+"run"+"'",schema:schema60.oneOf[0].required,parentSchema:schema60.oneOf[0],data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
var _valid0 = _errs2 === errors;
if(_valid0){
valid0 = true;
passing0 = 0;
}
const _errs3 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.wait === undefined){
const err1 = {instancePath,schemaPath:"#/oneOf/1/required",keyword:"required",params:{missingProperty: "wait"},message:"must have required property '"+"wait"+"'",schema:schema60.oneOf[1].required,parentSchema:schema60.oneOf[1],data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
var _valid0 = _errs3 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 1];
}
else {
if(_valid0){
valid0 = true;
passing0 = 1;
}
const _errs4 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.fault === undefined){
const err2 = {instancePath,schemaPath:"#/oneOf/2/required",keyword:"required",params:{missingProperty: "fault"},message:"must have required property '"+"fault"+"'",schema:schema60.oneOf[2].required,parentSchema:schema60.oneOf[2],data};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
var _valid0 = _errs4 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 2];
}
else {
if(_valid0){
valid0 = true;
passing0 = 2;
}
const _errs5 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.scale === undefined){
const err3 = {instancePath,schemaPath:"#/oneOf/3/required",keyword:"required",params:{missingProperty: "scale"},message:"must have required property '"+"scale"+"'",schema:schema60.oneOf[3].required,parentSchema:schema60.oneOf[3],data};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
var _valid0 = _errs5 === errors;
if(_valid0 && valid0){
valid0 = false;
passing0 = [passing0, 3];
}
else {
if(_valid0){
valid0 = true;
passing0 = 3;
}
}
}
}
if(!valid0){
const err4 = {instancePath,schemaPath:"#/oneOf",keyword:"oneOf",params:{passingSchemas: passing0},message:"must match exactly one schema in oneOf",schema:schema60.oneOf,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
else {
errors = _errs1;
if(vErrors !== null){
if(_errs1){
vErrors.length = _errs1;
}
else {
vErrors = null;
}
}
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema60.properties, key0))){
const err5 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.from !== undefined){
if(data.run === undefined){
const err6 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "from",
    missingProperty: "run",
    depsCount: 1,
    deps: "run"},message:"must have property run when property from is present",schema:schema60.dependencies,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.stdin !== undefined){
if(data.run === undefined){
const err7 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "stdin",
    missingProperty: "run",
    depsCount: 1,
    deps: "run"},message:"must have property run when property stdin is present",schema:schema60.dependencies,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.timeout !== undefined){
if(data.run === undefined){
const err8 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "timeout",
    missingProperty: "run",
    depsCount: 1,
    deps: "run"},message:"must have property run when property timeout is present",schema:schema60.dependencies,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.repeat !== undefined){
if(data.run === undefined){
const err9 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "repeat",
    missingProperty: "run",
    depsCount: 1,
    deps: "run"},message:"must have property run when property repeat is present",schema:schema60.dependencies,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.interval !== undefined){
if(data.run === undefined){
const err10 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "interval",
    missingProperty: "run",
    depsCount: 1,
    deps: "run"},message:"must have property run when property interval is present",schema:schema60.dependencies,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.retry !== undefined){
if(data.run === undefined){
const err11 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "retry",
    missingProperty: "run",
    depsCount: 1,
    deps: "run"},message:"must have property run when property retry is present",schema:schema60.dependencies,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.expect !== undefined){
if(data.run === undefined){
const err12 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "expect",
    missingProperty: "run",
    depsCount: 1,
    deps: "run"},message:"must have property run when property expect is present",schema:schema60.dependencies,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.save !== undefined){
if(data.run === undefined){
const err13 = {instancePath,schemaPath:"#/dependencies",keyword:"dependencies",params:{property: "save",
    missingProperty: "run",
    depsCount: 1,
    deps: "run"},message:"must have property run when property save is present",schema:schema60.dependencies,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data.name !== undefined){
let data0 = data.name;
if(typeof data0 === "string"){
if(!pattern33.test(data0)){
const err14 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema60.properties.name,data:data0};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema60.properties.name.type,parentSchema:schema60.properties.name,data:data0};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data.at !== undefined){
let data1 = data.at;
if(typeof data1 === "string"){
if(!pattern24.test(data1)){
const err16 = {instancePath:instancePath+"/at",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data1};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/at",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data1};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data.run !== undefined){
let data2 = data.run;
if((typeof data2 !== "string") && (!(Array.isArray(data2)))){
const err18 = {instancePath:instancePath+"/run",schemaPath:"#/properties/run/type",keyword:"type",params:{type: schema60.properties.run.type},message:"must be string,array",schema:schema60.properties.run.type,parentSchema:schema60.properties.run,data:data2};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
if(typeof data2 === "string"){
if(!pattern33.test(data2)){
const err19 = {instancePath:instancePath+"/run",schemaPath:"#/properties/run/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema60.properties.run,data:data2};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(Array.isArray(data2)){
if(data2.length < 1){
const err20 = {instancePath:instancePath+"/run",schemaPath:"#/properties/run/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema60.properties.run,data:data2};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
const len0 = data2.length;
for(let i0=0; i0<len0; i0++){
let data3 = data2[i0];
if((typeof data3 !== "string") && (!((typeof data3 == "number") && (isFinite(data3))))){
const err21 = {instancePath:instancePath+"/run/" + i0,schemaPath:"#/properties/run/items/type",keyword:"type",params:{type: schema60.properties.run.items.type},message:"must be string,number",schema:schema60.properties.run.items.type,parentSchema:schema60.properties.run.items,data:data3};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
}
}
if(data.from !== undefined){
let data4 = data.from;
if(typeof data4 !== "string"){
const err22 = {instancePath:instancePath+"/from",schemaPath:"#/properties/from/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema60.properties.from.type,parentSchema:schema60.properties.from,data:data4};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
if(data.stdin !== undefined){
let data5 = data.stdin;
if(typeof data5 !== "string"){
const err23 = {instancePath:instancePath+"/stdin",schemaPath:"#/properties/stdin/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema60.properties.stdin.type,parentSchema:schema60.properties.stdin,data:data5};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data.timeout !== undefined){
let data6 = data.timeout;
if(typeof data6 === "string"){
if(!pattern24.test(data6)){
const err24 = {instancePath:instancePath+"/timeout",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data6};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
else {
const err25 = {instancePath:instancePath+"/timeout",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data6};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data.repeat !== undefined){
if(!(validate34(data.repeat, {instancePath:instancePath+"/repeat",parentData:data,parentDataProperty:"repeat",rootData}))){
vErrors = vErrors === null ? validate34.errors : vErrors.concat(validate34.errors);
errors = vErrors.length;
}
}
if(data.interval !== undefined){
let data8 = data.interval;
if(typeof data8 === "string"){
if(!pattern24.test(data8)){
const err26 = {instancePath:instancePath+"/interval",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data8};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
else {
const err27 = {instancePath:instancePath+"/interval",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data8};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data.retry !== undefined){
let data9 = data.retry;
if(typeof data9 === "string"){
if(!pattern24.test(data9)){
const err28 = {instancePath:instancePath+"/retry",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data9};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
else {
const err29 = {instancePath:instancePath+"/retry",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data9};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data.save !== undefined){
let data10 = data.save;
if(typeof data10 === "string"){
if(!pattern54.test(data10)){
const err30 = {instancePath:instancePath+"/save",schemaPath:"#/properties/save/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z][A-Za-z0-9_-]*$"},message:"must match pattern \""+"^[A-Za-z][A-Za-z0-9_-]*$"+"\"",schema:"^[A-Za-z][A-Za-z0-9_-]*$",parentSchema:schema60.properties.save,data:data10};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
else {
const err31 = {instancePath:instancePath+"/save",schemaPath:"#/properties/save/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema60.properties.save.type,parentSchema:schema60.properties.save,data:data10};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data.expect !== undefined){
if(!(validate36(data.expect, {instancePath:instancePath+"/expect",parentData:data,parentDataProperty:"expect",rootData}))){
vErrors = vErrors === null ? validate36.errors : vErrors.concat(validate36.errors);
errors = vErrors.length;
}
}
if(data.wait !== undefined){
let data12 = data.wait;
if((typeof data12 !== "string") && (!(data12 && typeof data12 == "object" && !Array.isArray(data12)))){
const err32 = {instancePath:instancePath+"/wait",schemaPath:"#/properties/wait/type",keyword:"type",params:{type: schema60.properties.wait.type},message:"must be string,object",schema:schema60.properties.wait.type,parentSchema:schema60.properties.wait,data:data12};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
if(typeof data12 === "string"){
if(!pattern24.test(data12)){
const err33 = {instancePath:instancePath+"/wait",schemaPath:"#/properties/wait/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema60.properties.wait,data:data12};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(data12 && typeof data12 == "object" && !Array.isArray(data12)){
if(data12.for === undefined){
const err34 = {instancePath:instancePath+"/wait",schemaPath:"#/properties/wait/required",keyword:"required",params:{missingProperty: "for"},message:"must have required property '"+"for"+"'",schema:schema60.properties.wait.required,parentSchema:schema60.properties.wait,data:data12};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
for(const key1 in data12){
if(!((((((((key1 === "for") || (key1 === "condition")) || (key1 === "selector")) || (key1 === "namespace")) || (key1 === "name")) || (key1 === "count")) || (key1 === "field")) || (key1 === "timeout"))){
const err35 = {instancePath:instancePath+"/wait",schemaPath:"#/properties/wait/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema60.properties.wait,data:data12};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
if(data12.for !== undefined){
let data13 = data12.for;
if(typeof data13 !== "string"){
const err36 = {instancePath:instancePath+"/wait/for",schemaPath:"#/properties/wait/properties/for/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema60.properties.wait.properties.for.type,parentSchema:schema60.properties.wait.properties.for,data:data13};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
if(data12.condition !== undefined){
let data14 = data12.condition;
if(typeof data14 !== "string"){
const err37 = {instancePath:instancePath+"/wait/condition",schemaPath:"#/properties/wait/properties/condition/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema60.properties.wait.properties.condition.type,parentSchema:schema60.properties.wait.properties.condition,data:data14};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(data12.selector !== undefined){
let data15 = data12.selector;
if(typeof data15 !== "string"){
const err38 = {instancePath:instancePath+"/wait/selector",schemaPath:"#/properties/wait/properties/selector/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema60.properties.wait.properties.selector.type,parentSchema:schema60.properties.wait.properties.selector,data:data15};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
if(data12.namespace !== undefined){
let data16 = data12.namespace;
if(typeof data16 !== "string"){
const err39 = {instancePath:instancePath+"/wait/namespace",schemaPath:"#/properties/wait/properties/namespace/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema60.properties.wait.properties.namespace.type,parentSchema:schema60.properties.wait.properties.namespace,data:data16};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
if(data12.name !== undefined){
let data17 = data12.name;
if(typeof data17 !== "string"){
const err40 = {instancePath:instancePath+"/wait/name",schemaPath:"#/properties/wait/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema60.properties.wait.properties.name.type,parentSchema:schema60.properties.wait.properties.name,data:data17};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data12.count !== undefined){
if(!(validate16(data12.count, {instancePath:instancePath+"/wait/count",parentData:data12,parentDataProperty:"count",rootData}))){
vErrors = vErrors === null ? validate16.errors : vErrors.concat(validate16.errors);
errors = vErrors.length;
}
}
if(data12.field !== undefined){
let data19 = data12.field;
if(typeof data19 === "string"){
if(!pattern62.test(data19)){
const err41 = {instancePath:instancePath+"/wait/field",schemaPath:"#/properties/wait/properties/field/pattern",keyword:"pattern",params:{pattern: "^[^=]+="},message:"must match pattern \""+"^[^=]+="+"\"",schema:"^[^=]+=",parentSchema:schema60.properties.wait.properties.field,data:data19};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
else {
const err42 = {instancePath:instancePath+"/wait/field",schemaPath:"#/properties/wait/properties/field/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema60.properties.wait.properties.field.type,parentSchema:schema60.properties.wait.properties.field,data:data19};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
if(data12.timeout !== undefined){
let data20 = data12.timeout;
if(typeof data20 === "string"){
if(!pattern24.test(data20)){
const err43 = {instancePath:instancePath+"/wait/timeout",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data20};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
else {
const err44 = {instancePath:instancePath+"/wait/timeout",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data20};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
}
}
if(data.fault !== undefined){
if(!(validate44(data.fault, {instancePath:instancePath+"/fault",parentData:data,parentDataProperty:"fault",rootData}))){
vErrors = vErrors === null ? validate44.errors : vErrors.concat(validate44.errors);
errors = vErrors.length;
}
}
if(data.scale !== undefined){
let data22 = data.scale;
if(data22 && typeof data22 == "object" && !Array.isArray(data22)){
if(data22.pods === undefined){
const err45 = {instancePath:instancePath+"/scale",schemaPath:"#/properties/scale/required",keyword:"required",params:{missingProperty: "pods"},message:"must have required property '"+"pods"+"'",schema:schema60.properties.scale.required,parentSchema:schema60.properties.scale,data:data22};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
if(data22.services === undefined){
const err46 = {instancePath:instancePath+"/scale",schemaPath:"#/properties/scale/required",keyword:"required",params:{missingProperty: "services"},message:"must have required property '"+"services"+"'",schema:schema60.properties.scale.required,parentSchema:schema60.properties.scale,data:data22};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
for(const key2 in data22){
if(!((((key2 === "pods") || (key2 === "services")) || (key2 === "endpoints")) || (key2 === "probes"))){
const err47 = {instancePath:instancePath+"/scale",schemaPath:"#/properties/scale/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema60.properties.scale,data:data22};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
if(data22.pods !== undefined){
if(!(validate34(data22.pods, {instancePath:instancePath+"/scale/pods",parentData:data22,parentDataProperty:"pods",rootData}))){
vErrors = vErrors === null ? validate34.errors : vErrors.concat(validate34.errors);
errors = vErrors.length;
}
}
if(data22.services !== undefined){
if(!(validate34(data22.services, {instancePath:instancePath+"/scale/services",parentData:data22,parentDataProperty:"services",rootData}))){
vErrors = vErrors === null ? validate34.errors : vErrors.concat(validate34.errors);
errors = vErrors.length;
}
}
if(data22.endpoints !== undefined){
if(!(validate34(data22.endpoints, {instancePath:instancePath+"/scale/endpoints",parentData:data22,parentDataProperty:"endpoints",rootData}))){
vErrors = vErrors === null ? validate34.errors : vErrors.concat(validate34.errors);
errors = vErrors.length;
}
}
if(data22.probes !== undefined){
if(!(validate16(data22.probes, {instancePath:instancePath+"/scale/probes",parentData:data22,parentDataProperty:"probes",rootData}))){
vErrors = vErrors === null ? validate16.errors : vErrors.concat(validate16.errors);
errors = vErrors.length;
}
}
}
else {
const err48 = {instancePath:instancePath+"/scale",schemaPath:"#/properties/scale/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema60.properties.scale.type,parentSchema:schema60.properties.scale,data:data22};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
}
else {
const err49 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema60.type,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
validate33.errors = vErrors;
return errors === 0;
}


function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="https://podwire.example.org/schema/scenario.schema.json" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'",schema:schema11.required,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.steps === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "steps"},message:"must have required property '"+"steps"+"'",schema:schema11.required,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema11.properties, key0))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.$schema !== undefined){
let data0 = data.$schema;
if(typeof data0 !== "string"){
const err3 = {instancePath:instancePath+"/$schema",schemaPath:"#/properties/%24schema/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.$schema.type,parentSchema:schema11.properties.$schema,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.name !== undefined){
let data1 = data.name;
if(typeof data1 === "string"){
if(!pattern0.test(data1)){
const err4 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"},message:"must match pattern \""+"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"+"\"",schema:"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$",parentSchema:schema11.properties.name,data:data1};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.name.type,parentSchema:schema11.properties.name,data:data1};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.description !== undefined){
let data2 = data.description;
if(typeof data2 !== "string"){
const err6 = {instancePath:instancePath+"/description",schemaPath:"#/properties/description/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.description.type,parentSchema:schema11.properties.description,data:data2};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.seed !== undefined){
let data3 = data.seed;
if((!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3)))) && (typeof data3 !== "string")){
const err7 = {instancePath:instancePath+"/seed",schemaPath:"#/properties/seed/type",keyword:"type",params:{type: schema11.properties.seed.type},message:"must be integer,string",schema:schema11.properties.seed.type,parentSchema:schema11.properties.seed,data:data3};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.parameters !== undefined){
let data4 = data.parameters;
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
for(const key1 in data4){
const _errs12 = errors;
if(typeof key1 === "string"){
if(!pattern1.test(key1)){
const err8 = {instancePath:instancePath+"/parameters",schemaPath:"#/properties/parameters/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z_][A-Za-z0-9_-]*$"},message:"must match pattern \""+"^[A-Za-z_][A-Za-z0-9_-]*$"+"\"",schema:"^[A-Za-z_][A-Za-z0-9_-]*$",parentSchema:schema11.properties.parameters.propertyNames,data:key1,propertyName:key1};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
var valid1 = _errs12 === errors;
if(!valid1){
const err9 = {instancePath:instancePath+"/parameters",schemaPath:"#/properties/parameters/propertyNames",keyword:"propertyNames",params:{propertyName: key1},message:"property name must be valid",schema:schema11.properties.parameters.propertyNames,parentSchema:schema11.properties.parameters,data:data4};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
for(const key2 in data4){
let data5 = data4[key2];
if(((typeof data5 !== "string") && (!((typeof data5 == "number") && (isFinite(data5))))) && (typeof data5 !== "boolean")){
const err10 = {instancePath:instancePath+"/parameters/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/parameters/additionalProperties/type",keyword:"type",params:{type: schema11.properties.parameters.additionalProperties.type},message:"must be string,number,boolean",schema:schema11.properties.parameters.additionalProperties.type,parentSchema:schema11.properties.parameters.additionalProperties,data:data5};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
else {
const err11 = {instancePath:instancePath+"/parameters",schemaPath:"#/properties/parameters/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.parameters.type,parentSchema:schema11.properties.parameters,data:data4};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.cluster !== undefined){
if(!(validate11(data.cluster, {instancePath:instancePath+"/cluster",parentData:data,parentDataProperty:"cluster",rootData}))){
vErrors = vErrors === null ? validate11.errors : vErrors.concat(validate11.errors);
errors = vErrors.length;
}
}
if(data.underlay !== undefined){
if(!(validate20(data.underlay, {instancePath:instancePath+"/underlay",parentData:data,parentDataProperty:"underlay",rootData}))){
vErrors = vErrors === null ? validate20.errors : vErrors.concat(validate20.errors);
errors = vErrors.length;
}
}
if(data.images !== undefined){
let data8 = data.images;
if(Array.isArray(data8)){
const len0 = data8.length;
for(let i0=0; i0<len0; i0++){
if(!(validate28(data8[i0], {instancePath:instancePath+"/images/" + i0,parentData:data8,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate28.errors : vErrors.concat(validate28.errors);
errors = vErrors.length;
}
}
}
else {
const err12 = {instancePath:instancePath+"/images",schemaPath:"#/properties/images/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema11.properties.images.type,parentSchema:schema11.properties.images,data:data8};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.sources !== undefined){
let data10 = data.sources;
if(Array.isArray(data10)){
const len1 = data10.length;
for(let i1=0; i1<len1; i1++){
let data11 = data10[i1];
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
if(data11.git === undefined){
const err13 = {instancePath:instancePath+"/sources/" + i1,schemaPath:"#/properties/sources/items/required",keyword:"required",params:{missingProperty: "git"},message:"must have required property '"+"git"+"'",schema:schema11.properties.sources.items.required,parentSchema:schema11.properties.sources.items,data:data11};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data11.body === undefined){
const err14 = {instancePath:instancePath+"/sources/" + i1,schemaPath:"#/properties/sources/items/required",keyword:"required",params:{missingProperty: "body"},message:"must have required property '"+"body"+"'",schema:schema11.properties.sources.items.required,parentSchema:schema11.properties.sources.items,data:data11};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
for(const key3 in data11){
if(!(((key3 === "git") || (key3 === "contextDir")) || (key3 === "body"))){
const err15 = {instancePath:instancePath+"/sources/" + i1,schemaPath:"#/properties/sources/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.sources.items,data:data11};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data11.git !== undefined){
let data12 = data11.git;
if(typeof data12 === "string"){
if(!pattern44.test(data12)){
const err16 = {instancePath:instancePath+"/sources/" + i1+"/git",schemaPath:"#/properties/sources/items/properties/git/pattern",keyword:"pattern",params:{pattern: "^(https?|ssh|git)://\\S+$|^[^@\\s/]+@[^:\\s]+:\\S+$|^\\$\\{"},message:"must match pattern \""+"^(https?|ssh|git)://\\S+$|^[^@\\s/]+@[^:\\s]+:\\S+$|^\\$\\{"+"\"",schema:"^(https?|ssh|git)://\\S+$|^[^@\\s/]+@[^:\\s]+:\\S+$|^\\$\\{",parentSchema:schema11.properties.sources.items.properties.git,data:data12};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/sources/" + i1+"/git",schemaPath:"#/properties/sources/items/properties/git/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.sources.items.properties.git.type,parentSchema:schema11.properties.sources.items.properties.git,data:data12};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data11.contextDir !== undefined){
let data13 = data11.contextDir;
if(typeof data13 !== "string"){
const err18 = {instancePath:instancePath+"/sources/" + i1+"/contextDir",schemaPath:"#/properties/sources/items/properties/contextDir/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.sources.items.properties.contextDir.type,parentSchema:schema11.properties.sources.items.properties.contextDir,data:data13};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data11.body !== undefined){
let data14 = data11.body;
if(typeof data14 !== "string"){
const err19 = {instancePath:instancePath+"/sources/" + i1+"/body",schemaPath:"#/properties/sources/items/properties/body/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.sources.items.properties.body.type,parentSchema:schema11.properties.sources.items.properties.body,data:data14};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
}
else {
const err20 = {instancePath:instancePath+"/sources/" + i1,schemaPath:"#/properties/sources/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.properties.sources.items.type,parentSchema:schema11.properties.sources.items,data:data11};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/sources",schemaPath:"#/properties/sources/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema11.properties.sources.type,parentSchema:schema11.properties.sources,data:data10};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data.manifests !== undefined){
let data15 = data.manifests;
if(Array.isArray(data15)){
const len2 = data15.length;
for(let i2=0; i2<len2; i2++){
let data16 = data15[i2];
if((typeof data16 !== "string") && (!(data16 && typeof data16 == "object" && !Array.isArray(data16)))){
const err22 = {instancePath:instancePath+"/manifests/" + i2,schemaPath:"#/properties/manifests/items/type",keyword:"type",params:{type: schema11.properties.manifests.items.type},message:"must be string,object",schema:schema11.properties.manifests.items.type,parentSchema:schema11.properties.manifests.items,data:data16};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
if(typeof data16 === "string"){
if(!pattern33.test(data16)){
const err23 = {instancePath:instancePath+"/manifests/" + i2,schemaPath:"#/properties/manifests/items/pattern",keyword:"pattern",params:{pattern: "\\S"},message:"must match pattern \""+"\\S"+"\"",schema:"\\S",parentSchema:schema11.properties.manifests.items,data:data16};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data16 && typeof data16 == "object" && !Array.isArray(data16)){
if(data16.inline === undefined){
const err24 = {instancePath:instancePath+"/manifests/" + i2,schemaPath:"#/properties/manifests/items/required",keyword:"required",params:{missingProperty: "inline"},message:"must have required property '"+"inline"+"'",schema:schema11.properties.manifests.items.required,parentSchema:schema11.properties.manifests.items,data:data16};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
for(const key4 in data16){
if(!(key4 === "inline")){
const err25 = {instancePath:instancePath+"/manifests/" + i2,schemaPath:"#/properties/manifests/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties",schema:false,parentSchema:schema11.properties.manifests.items,data:data16};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data16.inline !== undefined){
let data17 = data16.inline;
if(typeof data17 !== "string"){
const err26 = {instancePath:instancePath+"/manifests/" + i2+"/inline",schemaPath:"#/properties/manifests/items/properties/inline/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema11.properties.manifests.items.properties.inline.type,parentSchema:schema11.properties.manifests.items.properties.inline,data:data17};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
}
}
}
else {
const err27 = {instancePath:instancePath+"/manifests",schemaPath:"#/properties/manifests/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema11.properties.manifests.type,parentSchema:schema11.properties.manifests,data:data15};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data.waitForCluster !== undefined){
if(!(validate14(data.waitForCluster, {instancePath:instancePath+"/waitForCluster",parentData:data,parentDataProperty:"waitForCluster",rootData}))){
vErrors = vErrors === null ? validate14.errors : vErrors.concat(validate14.errors);
errors = vErrors.length;
}
}
if(data.until !== undefined){
let data19 = data.until;
if(typeof data19 === "string"){
if(!pattern24.test(data19)){
const err28 = {instancePath:instancePath+"/until",schemaPath:"#/definitions/duration/pattern",keyword:"pattern",params:{pattern: "^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"},message:"must match pattern \""+"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{"+"\"",schema:"^(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$|\\$\\{",parentSchema:schema39,data:data19};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
else {
const err29 = {instancePath:instancePath+"/until",schemaPath:"#/definitions/duration/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema39.type,parentSchema:schema39,data:data19};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data.steps !== undefined){
let data20 = data.steps;
if(Array.isArray(data20)){
const len3 = data20.length;
for(let i3=0; i3<len3; i3++){
if(!(validate33(data20[i3], {instancePath:instancePath+"/steps/" + i3,parentData:data20,parentDataProperty:i3,rootData}))){
vErrors = vErrors === null ? validate33.errors : vErrors.concat(validate33.errors);
errors = vErrors.length;
}
}
}
else {
const err30 = {instancePath:instancePath+"/steps",schemaPath:"#/properties/steps/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema11.properties.steps.type,parentSchema:schema11.properties.steps,data:data20};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
}
else {
const err31 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema11.type,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
