/**
 * The stages of OVN's logical pipelines, in order, with what happens to a packet that no flow of a stage matches.
 *
 * Names and order are those of OVN 23.03 (northd.c, PIPELINE_STAGES). A bridge has OpenFlow tables instead.
 */
export type StageDefault = 'next' | 'drop' | 'output';

function pipeline(
  prefix: string,
  names: string,
  defaults: Readonly<Record<string, StageDefault>>,
): readonly (readonly [string, StageDefault])[] {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => [`${prefix}${name}`, defaults[name] ?? 'next'] as const);
}

type Stages = readonly (readonly [string, StageDefault])[];

export const STAGES: Readonly<
  Record<'switch' | 'router' | 'bridge', { readonly in: Stages; readonly out: Stages }>
> = {
  switch: {
    in: pipeline(
      'ls_in_',
      `check_port_sec apply_port_sec lookup_fdb put_fdb pre_acl pre_lb pre_stateful acl_hint acl qos_mark
       qos_meter lb_aff_check lb lb_aff_learn pre_hairpin nat_hairpin hairpin acl_after_lb stateful arp_rsp
       dhcp_options dhcp_response dns_lookup dns_response external_port l2_lkup l2_unknown`,
      { l2_unknown: 'drop' },
    ),
    out: pipeline(
      'ls_out_',
      `pre_acl pre_lb pre_stateful acl_hint acl qos_mark qos_meter stateful check_port_sec apply_port_sec`,
      { apply_port_sec: 'output' },
    ),
  },
  router: {
    in: pipeline(
      'lr_in_',
      `admission lookup_neighbor learn_neighbor ip_input unsnat defrag lb_aff_check dnat lb_aff_learn
       ecmp_stateful nd_ra_options nd_ra_response ip_routing_pre ip_routing ip_routing_ecmp policy policy_ecmp
       arp_resolve chk_pkt_len larger_pkts gw_redirect arp_request`,
      { admission: 'drop', ip_routing: 'drop', arp_request: 'output' },
    ),
    out: pipeline('lr_out_', `chk_dnat_local undnat post_undnat snat post_snat egr_loop delivery`, {
      delivery: 'drop',
    }),
  },
  bridge: {
    in: pipeline('', 'table-0 table-1 table-2 table-3', {
      'table-0': 'drop',
      'table-1': 'drop',
      'table-2': 'drop',
      'table-3': 'drop',
    }),
    out: [],
  },
};
