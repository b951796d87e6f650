/**
 * The target extensions by name.
 */
import type { TargetExtension } from '../options.ts';
import { CONNMARK_TARGET, MARK_TARGET } from './marks.ts';
import { DNAT_TARGET, MASQUERADE_TARGET, REDIRECT_TARGET, SNAT_TARGET } from './nat-targets.ts';
import { REJECT_TARGET } from './reject.ts';
import {
  ACCEPT_TARGET,
  CT_TARGET,
  DROP_TARGET,
  LOG_TARGET,
  NOTRACK_TARGET,
  RETURN_TARGET,
} from './verdicts.ts';

export const TARGET_EXTENSIONS: ReadonlyMap<string, TargetExtension> = new Map(
  [
    ACCEPT_TARGET,
    CONNMARK_TARGET,
    CT_TARGET,
    DNAT_TARGET,
    DROP_TARGET,
    LOG_TARGET,
    MARK_TARGET,
    MASQUERADE_TARGET,
    NOTRACK_TARGET,
    REDIRECT_TARGET,
    REJECT_TARGET,
    RETURN_TARGET,
    SNAT_TARGET,
  ].map((extension) => [extension.name, extension]),
);
